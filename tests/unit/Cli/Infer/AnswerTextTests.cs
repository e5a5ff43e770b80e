using Ckpt.Cli.Infer;
using Ckpt.Data.Tokenizers;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.UnitTests.Cli.Infer;

public sealed class AnswerTextTests
{
    static readonly Tokenizer s_tokenizer = Tokenizer.Load(Repository.Vector("tokenizers", "qwen_style"));

    [Theory]
    [InlineData("été 你好 🌍 naïve — end")]
    [InlineData("")]
    [Clause("INF-6.7")]
    public void PiecesAreTheTextAndNoneIsHalfACharacter(string said)
    {
        var text = new AnswerText(s_tokenizer, new HashSet<int>(), [], "> ");
        var pieces = s_tokenizer.EncodeIds(said).Select(text.Push).ToList();
        pieces.Add(text.Finish());
        Assert.Equal(said, string.Concat(pieces));
        Assert.Equal("> " + said, text.Text);
        Assert.DoesNotContain(pieces, static piece => piece.Contains('\uFFFD', StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("one STOP two", "one ", true)]
    [InlineData("one STO two", "one STO two", false)]
    [InlineData("one STO", "one STO", false)]
    [InlineData("STOP", "", true)]
    [InlineData("SSTOP", "S", true)]
    [Clause("INF-6.7")]
    [Clause("INF-6.2")]
    public void NothingOfWhatEndsItIsShown(string said, string shown, bool stops)
    {
        var text = new AnswerText(s_tokenizer, new HashSet<int>(), ["STOP"], "");
        var seen = "";
        foreach (var letter in said)
        {
            foreach (var id in s_tokenizer.EncodeIds([letter])) { seen += text.Push(id); }
            Assert.StartsWith(seen, shown, StringComparison.Ordinal);
            if (text.HasStopped) { break; }
        }
        seen += text.Finish();
        Assert.Equal((shown, shown, stops), (seen, text.Text, text.HasStopped));
    }
}
