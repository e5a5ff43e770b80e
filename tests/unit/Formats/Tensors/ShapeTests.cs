using Ckpt.Formats.Tensors;
using Xunit;

namespace Ckpt.UnitTests.Formats.Tensors;

public sealed class ShapeTests
{
    [Fact]
    public void AZeroAxisMakesTheCountZeroInAnyOrder()
    {
        Assert.Equal(0, new Shape(0, long.MaxValue, long.MaxValue).Count);
        Assert.Equal(0, new Shape(long.MaxValue, long.MaxValue, 0).Count);
        Assert.Equal(3, new Shape(0, long.MaxValue, long.MaxValue).RowMajorStrides().Length);
    }

    [Fact]
    public void AProductPast63BitsOverflows()
    {
        Assert.Throws<OverflowException>(() => new Shape(1L << 32, 1L << 32).Count);
        Assert.Throws<OverflowException>(() => new Shape(1, 1L << 32, 1L << 32).RowMajorStrides());
    }

    [Fact]
    public void StridesCountElements()
    {
        Assert.Equal([12, 4, 1], new Shape(2, 3, 4).RowMajorStrides());
        Assert.Equal([4, 4, 1], new Shape(2, 0, 4).RowMajorStrides());
        Assert.Empty(new Shape().RowMajorStrides());
    }
}
