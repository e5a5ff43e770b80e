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
        Assert.Equal([3f, 1, 2, 3, 1, 2], Call("aten::cat", new[] { t, t }).ToArray<float>());
    }

    [TorchFact]
    public void ResultsAreCounted()
    {
        using var scope = NewDisposeScope();
        var t = tensor([3f, 1, 2], [1, 3]);
        Assert.Throws<TorchException>(() => Call("aten::sort", t));
        Assert.Throws<TorchException>(() => CallValue("aten::sort", t));
        Assert.Throws<TorchException>(() => Call("aten::size.int", t, 0));
        Assert.Throws<TorchException>(() => CallValue("aten::unbind.int", t));
        // Of three gradients, the middle one is not asked for.
        var (mean, deviation) = (zeros([1, 1]), ones([1, 1]));
        var gradients = CallMany("aten::native_layer_norm_backward", t, t, new long[] { 3 }, mean, deviation, null, null, new[] { true, false, false });
        Assert.Equal([false, true, true], gradients.Select(g => g is null));
    }

    [TorchFact]
    public void NumbersFitWhatTheSchemaWants()
    {
        using var scope = NewDisposeScope();
        var t = tensor([1f, 3]);
        Assert.Equal([2f, 4], Call("aten::add.Tensor", t, 1).ToArray<float>());
        Assert.Equal([4f], Call("aten::sum.dim_IntList", t, 0).ToArray<float>());
        Assert.Equal([-1f, 1], Call("aten::layer_norm", t, 2, null, null, 0).ToArray<float>().Select(x => MathF.Round(x)));
        Assert.Equal("meta", Call("aten::empty.memory_format", new[] { 2 }, null, null, "meta").device.ToString());
    }

    [TorchFact]
    public void TheFinalizerFreesWhatWasForgotten()
    {
        var before = Tensor.LiveCount;
        Forget();
        for (var i = 0; i < 10 && Tensor.LiveCount != before; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        Assert.Equal(before, Tensor.LiveCount);
    }

    [TorchFact]
    public void AScopeLeftOpenInsideClosesWithTheOuterOne()
    {
        var before = Tensor.LiveCount;
        var outer = NewDisposeScope();
        _ = NewDisposeScope();
        _ = ones([1]);
        outer.Dispose();
        Assert.Equal(before, Tensor.LiveCount);
        using var free = ones([1]);
        Assert.Throws<InvalidOperationException>(() => free.MoveToOuterDisposeScope());
    }

    [TorchFact]
    public void ListsOfAnyLengthGoThrough()
    {
        using var scope = NewDisposeScope();
        var many = Enumerable.Range(0, 1000).Select(i => full([1], i)).ToArray();
        Assert.Equal(499500f, cat(many).sum().item<float>());
        Assert.Equal(1000, cat(many).split(1).Length);
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    static void Forget() => _ = ones([3]);

    [TorchFact]
    public void TensorsWithoutElementsAreTensors()
    {
        using var scope = NewDisposeScope();
        var t = zeros([0, 3]);
        Assert.Empty(t.ToArray<float>());
        Assert.True(t.data<float>().IsEmpty);
        t.CopyFrom(Array.Empty<float>());
        Assert.Equal([0L, 3], (t + 1).shape);
        Assert.Empty(zeros([]).shape);
        Assert.Equal([7f], full([], 7.0).ToArray<float>());
    }

    [TorchFact]
    public void WhatIsTooManyForASpanIsSaidSo()
    {
        // No memory is touched: one number, seen four thousand million times.
        using var scope = NewDisposeScope();
        var t = zeros([1], ScalarType.Byte).expand(1L << 32);
        Assert.Equal(1L << 32, t.numel());
        Assert.Throws<InvalidOperationException>(() => { _ = t.data<byte>(); });
        Assert.Throws<ArgumentException>(() => t.CopyTo<byte>(new byte[3]));
    }

    [TorchFact]
    public void DevicesAreNamedAsInPyTorch()
    {
        Assert.Equal(new Device(DeviceType.CUDA, 1), Device.Parse("cuda:1"));
        Assert.Equal("cuda:1", Device.Parse("cuda:1").ToString());
        Assert.Equal("cpu", ((Device)"cpu").ToString());
        Assert.Throws<ArgumentException>(() => Device.Parse("cuda:x"));
        Assert.Throws<ArgumentException>(() => Device.Parse("cuda:128"));
        Assert.Throws<ArgumentException>(() => Device.Parse("tpu"));
        Assert.Equal(0, cuda.is_available() ? 0 : cuda.device_count());
        if (!cuda.is_available()) { Assert.Throws<TorchException>(() => zeros([1], device: "cuda")); }
    }

    [TorchFact]
    public void ThreadsAreSet()
    {
        var before = get_num_threads();
        set_num_threads(1);
        Assert.Equal(1, get_num_threads());
        set_num_threads(before);
        Assert.Throws<TorchException>(() => set_num_threads(0));
    }
}
