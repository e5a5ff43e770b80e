using Ckpt.Torch;
using Xunit;
using static Ckpt.Torch.torch;

namespace Ckpt.TorchTests;

[NoLeaks]
public sealed class TensorTests
{
    [TorchFact]
    public void ATensorHoldsWhatWasPutIn()
    {
        using var t = tensor([1f, 2, 3, 4, 5, 6], [2, 3]);
        Assert.Equal([2L, 3], t.shape);
        Assert.Equal(ScalarType.Float32, t.dtype);
        Assert.Equal(6, t.numel());
        Assert.Equal([1f, 2, 3, 4, 5, 6], t.ToArray<float>());
        Assert.Equal(Device.CPU, t.device);
    }

    [TorchFact]
    public void SpansReachTheTensorsOwnMemory()
    {
        using var t = zeros([3], ScalarType.BFloat16);
        t.data<ushort>()[1] = 0x3f80;
        using var wide = t.to(ScalarType.Float32);
        Assert.Equal([0f, 1, 0], wide.ToArray<float>());
        Assert.Equal(6, t.data<byte>().Length);
    }

    [TorchFact]
    public void CopiesGoThroughLayouts()
    {
        using var t = zeros([2, 3]);
        using var turned = t.t();
        turned.CopyFrom([1f, 2, 3, 4, 5, 6]);
        Assert.Equal([1f, 3, 5, 2, 4, 6], t.ToArray<float>());
        Assert.Equal([1f, 2, 3, 4, 5, 6], turned.ToArray<float>());
    }

    [TorchFact]
    public void WrongSizesAndTypesAreRefused()
    {
        using var t = zeros([2, 3]);
        Assert.Throws<ArgumentException>(() => t.CopyFrom(new float[5]));
        Assert.Throws<ArgumentException>(() => t.CopyTo<float>(new float[7]));
        Assert.Throws<ArgumentException>(() => { _ = t.data<double>(); });
        using var turned = t.t();
        Assert.Throws<InvalidOperationException>(() => { _ = turned.data<float>(); });
        Assert.Throws<ArgumentOutOfRangeException>(() => t.size(2));
    }

    [TorchFact]
    public void AScopeFreesWhatWasNotMovedOut()
    {
        Tensor kept;
        using (var outer = NewDisposeScope())
        {
            Tensor middle;
            using (NewDisposeScope())
            {
                using var gone = ones([2]);
                middle = (ones([2]) + ones([2])).MoveToOuterDisposeScope();
            }
            Assert.Equal(1, outer.Count);
            kept = (middle * 3).DetachFromDisposeScope();
        }
        Assert.Equal([6f, 6], kept.ToArray<float>());
        kept.Dispose();
        Assert.True(kept.IsDisposed);
        Assert.Throws<ObjectDisposedException>(() => kept.numel());
    }

    [TorchFact]
    public void AScopeThatSeesManyTensorsGoKeepsCount()
    {
        using var scope = NewDisposeScope();
        var last = zeros([1]);
        for (var i = 0; i < 1000; i++)
        {
            var next = last + 1;
            last.Dispose();
            last = next;
        }
        Assert.Equal(1, scope.Count);
        Assert.Equal(1000f, last.item<float>());
    }

    [TorchFact]
    public void ErrorsAreLibTorchsOwn()
    {
        using var a = zeros([2, 3]);
        using var b = zeros([2, 3]);
        var error = Assert.Throws<TorchException>(() => a.matmul(b));
        Assert.Contains("mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)", error.Message, StringComparison.Ordinal);
        Assert.Throws<TorchException>(() => Call("aten::no_such_operator", a));
        Assert.Throws<TorchException>(() => Call("aten::relu", a, b));
        Assert.Throws<TorchException>(() => Call("aten::softmax.int", a));
    }

    [TorchFact]
    public void TheOneCallReachesAnyOperator()
    {
        using var scope = NewDisposeScope();
        var t = tensor([3f, 1, 2]);
        Assert.Equal([1f, 2, 3], CallMany("aten::sort", t)[0].ToArray<float>());
        Assert.Equal([6f], Call("aten::sum", t, null).ToArray<float>());
        Assert.Equal(3L, CallValue("aten::size.int", t, 0));
        Assert.Equal([5f, 3, 4], Call("aten::add.Scalar", t, 2).ToArray<float>());
        Assert.True(Has("aten::matmul"));
        Assert.False(Has("aten::no_such_operator"));
        Assert.Equal([3f, 1, 2, 3, 1, 2], Call("aten::cat", new[] { t, t }, 0).ToArray<float>());
    }
}
