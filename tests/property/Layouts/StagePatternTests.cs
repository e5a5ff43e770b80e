using Ckpt.Formats;
using Ckpt.Kit;
using Ckpt.Sharding.Layouts;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.Layouts;

public class StagePatternTests
{
    /// <summary>The examples in Megatron-core's own comments, and what nesting means.</summary>
    [Theory, Clause("LAY-3.5")]
    [InlineData("Ettt|(tt|)*3,m|L", "Ettt|tt|tt|tt|m|L")]
    [InlineData("Et*4|(tttt|)*2tmL", "Etttt|tttt|tttt|tmL")]
    [InlineData("tt(t|t|t)*2,tt", "ttt|t|tt|t|ttt")]
    [InlineData("(tt)*3", "tttttt")]
    [InlineData("t,(t|)*2", "tt|t|")]
    [InlineData("(|t)*2,t", "|t|tt")]
    [InlineData("E(t*2|)*2L", "Ett|tt|L")]
    [InlineData("((t|)*2m)*2", "t|t|mt|t|m")]
    [InlineData("|*3", "|||")]
    [InlineData("t*0E", "E")]
    [InlineData("()*5t", "t")]
    [InlineData("", "")]
    [InlineData("[['embedding', 'decoder'], [\"Decoder\", ], [], ['mtp' , 'loss']]", "Et|t||mL")]
    [InlineData(" [ ] ", "")]
    public void BothFormsAreRead(string text, string stages)
    {
        var pattern = StagePattern.Parse(text);
        Assert.Equal(stages, pattern.ToString());
        if (!text.TrimStart().StartsWith('[')) { Assert.Equal(stages.Split('|').Length, pattern.Stages.Count); }
    }

    [Fact, Clause("LAY-3.5")]
    public void NamesOfArgumentsAreRead() => Assert.Equal("Et|tmL", StagePattern.FromNames([["embedding", "decoder"], ["decoder", "mtp", "loss"]]).ToString());

    [Fact, Clause("LAY-3.5")]
    public void WhatIsSaidIsReadAgain() => Law.Holds(
        Gen.ListOf(Gen.Elements('E', 't', 'm', 'L', '|')).Select(letters => string.Concat(letters)),
        text => StagePattern.Parse(text).ToString() == text);

    /// <summary>A text of any of the grammar's characters is read or refused, within bounds.</summary>
    [Fact, Clause("LAY-3.5")]
    public void AnyTextIsReadOrRefused() => Law.Holds(
        Gen.ListOf(Gen.Elements("E", "t", "|", "(", ")", "*", "9", "*2", "(t|)*3", ",", " ", "[", "]", "'mtp'", "\"", "x", "\0")).Select(parts => string.Concat(parts)),
        text =>
        {
            try { return StagePattern.Parse(text).Stages.Sum(stage => stage.Count) <= 1 << 16; }
            catch (LayoutException refused) { return refused.Clause == "LAY-3.5"; }
        },
        1000);

    [Theory, Clause("LAY-3.5")]
    [InlineData("Etx", "'x' at 2")]
    [InlineData("(tt", "does not close what opens at 0")]
    [InlineData("tt)", "')' at 2")]
    [InlineData("(tt)", "lacks a number at 4")]
    [InlineData("t*", "lacks a number at 2")]
    [InlineData("*2", "'*' at 0")]
    [InlineData("t*2*2", "'*' at 3")]
    [InlineData("t*99999", "too often")]
    [InlineData("t*99999999999999999999999", "too often")]
    [InlineData("((((t*9999)*9999)*9999)*9999)*9999", "too often")]
    [InlineData("[['encoder']]", "'encoder' is no part of a model")]
    [InlineData("[['mtp'", "too early")]
    [InlineData("[['mtp]]", "does not close")]
    [InlineData("[['mtp']] x", "'x'")]
    [InlineData("[['mtp' 'loss']]", "''' at 8")]
    [InlineData("['mtp']", "''' at 1")]
    public void ATextThatIsNoneIsRefused(string text, string says) => Refused("LAY-3.5", says, () => StagePattern.Parse(text));

    [Fact, Clause("LAY-3.5")]
    public void DeepNestingIsRefused() => Refused("LAY-3.5", "nests deeper than 16", () => StagePattern.Parse(new string('(', 100_000)));

    /// <summary>The layouts of Megatron-core's tests of pipeline layouts.</summary>
    [Theory, Clause("LAY-3.6"), Clause("LAY-3.11")]
    [InlineData("E|t|tt|t||t|t|ttL", 4, 8, 0, " ;  | 0 ; 4 | 1 2 ; 5 | 3 ; 6 7")]
    [InlineData("Etttt|ttttL", 1, 8, 0, "0 1 2 3 ; 4 5 6 7")]
    [InlineData("Etttt|ttttL", 2, 8, 0, "0 1 2 3 | 4 5 6 7")]
    [InlineData("Et|t|tm|L", 2, 3, 1, "0 ; 2 | 1 ; ")]
    public void APatternPlacesLayers(string text, int stages, int layers, int mtp, string expected)
    {
        var layout = StageLayout.Of(layers, new ParallelSizes { Pipeline = stages }, new StageOptions { Pattern = StagePattern.Parse(text), MtpLayers = mtp });
        Assert.Equal(expected, string.Join(" | ", Enumerable.Range(0, stages).Select(stage => string.Join(" ; ",
            Enumerable.Range(0, layout.Chunks).Select(chunk => string.Join(' ', layout.At(stage, chunk).Layers.Select(slot => slot.Layer)))))));
        Assert.True(layout.At(0, 0).Embedding && layout.At(stages - 1, layout.Chunks - 1).Loss);
        if (mtp > 0)
        {
            var part = layout.Parts.Single(one => one.Mtp.Count > 0);
            Assert.True(part is { Stage: 0, Chunk: 1, FinalNorm: true, Loss: false });
        }
    }

    [Theory, Clause("LAY-3.6")]
    [InlineData("Et|t|tL", 2, 1, 3, 0, "3 stages, which 2 pipeline ranks")]
    [InlineData("Et|t|t|tL", 2, 4, 4, 0, "make 2 chunks on 2 pipeline ranks, the virtual pipeline size is given as 4")]
    [InlineData("tE|tL", 2, 1, 2, 0, "begin with E")]
    [InlineData("Et|EtL", 2, 1, 2, 0, "begin with E")]
    [InlineData("Et|t", 2, 1, 2, 0, "end with L")]
    [InlineData("EtL|tL", 2, 1, 2, 0, "end with L")]
    [InlineData("|EttL", 2, 1, 2, 0, "E in its first stage")]
    [InlineData("EttL|", 2, 1, 2, 0, "L in its last stage")]
    [InlineData("Et|tL", 2, 1, 3, 0, "has 2 layers, the model 3")]
    [InlineData("Et|tmL", 2, 1, 2, 0, "has 1 multi-token-prediction layers, the model 0")]
    [InlineData("Em|tL", 2, 1, 1, 1, "every t before the first m")]
    [InlineData("Etm|mL", 2, 1, 1, 2, "has its m in 2 stages")]
    [InlineData("|", 2, 1, 1, 0, "begin with E")]
    public void APatternOfAnotherModelIsRefused(string text, int stages, int chunks, int layers, int mtp, string says) => Refused(
        "LAY-3.6", says, () => StageLayout.Of(layers, new ParallelSizes { Pipeline = stages, VirtualPipeline = chunks }, new StageOptions { Pattern = StagePattern.Parse(text), MtpLayers = mtp }));

    static void Refused(string clause, string says, Action action)
    {
        var error = Assert.Throws<LayoutException>(action);
        Assert.Equal(clause, error.Clause);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }
}
