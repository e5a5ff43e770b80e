using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Verify.Passes;
using Xunit;

namespace Ckpt.UnitTests.Verify;

/// <summary>Parts of forward comparisons: what shares make, and where passes part.</summary>
public sealed class PassPartsTests
{
    static readonly Shape s_whole = new(8, 6);

    [Fact, Clause("VER-3.2")]
    public void SharesThatMakeNoWholeAreRefused()
    {
        Shape[][] wrong = [[new(3, 6), new(3, 6)], [new(4, 6), new(3, 6)], [new(4, 3), new(4, 3)], [new(8, 4), new(8, 4)], [new(8), new(8)], [new(0, 6), new(0, 6)]];
        foreach (var own in wrong) { Assert.Equal("VER-3.2", Assert.Throws<MalformedCheckpointException>(() => SharedWeight.Of("w", s_whole, own, null)).Clause); }
        Assert.Equal("VER-3.2", Assert.Throws<MalformedCheckpointException>(() => SharedWeight.Of("w", s_whole, [new(4, 6), new(4, 6)], [(6, 3), (4, 2)])).Clause);
        Assert.Equal("VER-3.2", Assert.Throws<MalformedCheckpointException>(() => SharedWeight.Of("lm_head.weight", s_whole, [new(3, 6), new(4, 6)], null)).Clause);
    }

    [Fact, Clause("VER-3.1")]
    public void SharesLieInTheOrderOfRanks()
    {
        Assert.Equal([new WeightSegment(0, 4, 0, 0), new WeightSegment(4, 4, 1, 0)], SharedWeight.Of("w", s_whole, [new(4, 6), new(4, 6)], null).Segments);
        Assert.Equal((1, 2), (SharedWeight.Of("w", s_whole, [new(8, 3), new(8, 3)], null).Shared.Axis, SharedWeight.Of("w", s_whole, [new(8, 3), new(8, 3)], null).Shared.Ranks));
        Assert.Equal(1, SharedWeight.Of("w", s_whole, [s_whole, s_whole], null).Shared.Ranks);
        // Two parts, of each of which a rank has half; and one that two ranks have alike.
        Assert.Equal(
            [new WeightSegment(0, 2, 0, 0), new WeightSegment(2, 2, 1, 0), new WeightSegment(4, 2, 0, 2), new WeightSegment(6, 2, 1, 2)],
            SharedWeight.Of("w", s_whole, [new(4, 6), new(4, 6)], [(4, 2), (4, 2)]).Segments);
        Assert.Equal(
            [new WeightSegment(0, 4, 0, 0), new WeightSegment(4, 4, 2, 0)],
            SharedWeight.Of("w", s_whole, [new(4, 6), new(4, 6), new(4, 6), new(4, 6)], null).Segments);
        // Rows of tokens: the last rank's may be fewer.
        Assert.Equal(new Shape(9, 6), SharedWeight.Of("model.embed_tokens.weight", s_whole, [new(5, 6), new(4, 6)], null).Shape);
    }

    [Theory, Clause("VER-2.4")]
    [InlineData(0, -1)]
    [InlineData(0, -1, 0.0, 0.0)]
    [InlineData(0, 1, 0.0, 1e-3, 1e-1)]
    [InlineData(0, 2, 1e-7, 3e-7, 1e-4)] // rounding grows, and then something else
    [InlineData(0, 0, 1e-8, 2e-8, 4e-8)] // rounding alone: the first of it
    [InlineData(1e-3, 1, 5e-3, 2e-1)]
    [InlineData(1e-3, 0, 5e-3, 9e-3)]
    [InlineData(0, 1, 0.0, double.PositiveInfinity)]
    public void PassesPartWhereTheyAreMuchFurtherApartThanBefore(double before, int at, params double[] distances) => Assert.Equal(at, PartingRule.First(distances, before));
}
