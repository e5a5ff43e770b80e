using Ckpt.Models.Adapters;
using Xunit;

namespace Ckpt.UnitTests.Models.Adapters;

public class AdapterScaleTests
{
    [Theory]
    [InlineData(2.0, 12, 24.0, false)]
    [InlineData(10.0 / 3, 9, 30.0, false)]
    [InlineData(0.3, 1, 0.3, false)]
    public void AlphaIsWholeWhereItCanBe(double scaling, int rank, double alpha, bool rslora) => Assert.Equal((alpha, rslora), AdapterScale.Of(scaling, rank));

    [Fact]
    public void ARootKeepsItsWholeAlpha() => Assert.Equal((16.0, true), AdapterScale.Of(16 / Math.Sqrt(8), 8));

    [Fact]
    public void TheScaleIsTheSameWhereItIsUsedAndNextToItInDoublePrecision()
    {
        for (var rank = 1; rank <= 96; rank++)
        {
            for (var of = 1; of <= 24; of++)
            {
                var scaling = of / Math.Sqrt(rank);
                var (alpha, rslora) = AdapterScale.Of(scaling, 3 * rank);
                var found = rslora ? alpha / Math.Sqrt(3 * rank) : alpha / (3 * rank);
                Assert.Equal((float)scaling, (float)found);
                Assert.InRange(found, Math.BitDecrement(scaling), Math.BitIncrement(scaling));
            }
        }
    }
}
