using Ckpt.Models.Adapters;
using Xunit;

namespace Ckpt.UnitTests.Models.Adapters;

public class ExactSumTests
{
    [Theory]
    [InlineData(new[] { 1e300, 1.0, -1e300 }, 1.0)]
    [InlineData(new[] { 0.1, 0.2, 0.3 }, 0.6)]
    [InlineData(new[] { 5e-324, 5e-324 }, 1e-323)]
    [InlineData(new double[0], 0.0)]
    [InlineData(new[] { -1.5, 0.25 }, -1.25)]
    public void OrderAndSizeDoNotMatter(double[] values, double expected)
    {
        var (sum, back) = (new ExactSum(), new ExactSum());
        foreach (var value in values) { sum.Add(value); }
        foreach (var value in values.Reverse()) { back.Add(value); }
        Assert.Equal(sum.Value, back.Value);
        Assert.Equal(expected, sum.Value, 1e-15 * Math.Abs(expected));
    }
}
