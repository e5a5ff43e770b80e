using Ckpt.Models.Adapters;
using Xunit;

namespace Ckpt.UnitTests.Models.Adapters;

public class ModuleNamesTests
{
    static readonly string[] s_all = ["m.0.attn.q", "m.0.mlp.down", "m.0.shared.down", "m.1.attn.q", "m.1.mlp.down", "norm", "m.0.q_norm"];

    [Theory]
    [InlineData("m.0.attn.q m.1.attn.q", "q")]
    [InlineData("m.0.mlp.down m.1.mlp.down", "mlp.down")]
    [InlineData("m.1.attn.q", "1.attn.q")]
    [InlineData("m.0.shared.down m.0.mlp.down m.1.mlp.down", "down")]
    [InlineData("norm", "norm")]
    public void EndingsNameTheChosenAndNoOther(string chosen, string expected) =>
        Assert.Equal(expected.Split(' '), ModuleNames.Endings(chosen.Split(' '), s_all, atDots: true));

    // PEFT matches modules to save by any ending of the text, so that norm also means q_norm; there is no shorter name than the whole.
    [Fact]
    public void TextEndingsCountWhereTheyAreWhatIsMatched() => Assert.Equal(["0.q_norm", "norm"], ModuleNames.Endings(["norm", "m.0.q_norm"], ["norm", "m.0.q_norm", "m.1.q_norm"], atDots: false));
}
