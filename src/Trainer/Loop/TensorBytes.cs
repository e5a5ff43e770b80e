using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;
using Ckpt.Torch;

namespace Ckpt.Trainer.Loop;

/// <summary>A tensor's elements as bytes, row-major; of one that lies otherwise, a copy of its own.</summary>
sealed unsafe class TensorBytes : IByteSource, IDisposable
{
    readonly Tensor _tensor;
    readonly bool _isOwned;

    /// <summary>The bytes of a tensor.</summary>
    /// <param name="name">The name in messages.</param>
    /// <param name="tensor">The tensor, on the CPU; the caller's, unless it is given away.</param>
    /// <param name="giveAway">Whether it is disposed with this.</param>
    internal TensorBytes(string name, Tensor tensor, bool giveAway)
    {
        Name = name;
        using var off = torch.no_grad();
        if (tensor.is_contiguous()) { (_tensor, _isOwned) = (tensor, giveAway); }
        else
        {
            (_tensor, _isOwned) = (tensor.contiguous().DetachFromDisposeScope(), true);
            if (giveAway) { tensor.Dispose(); }
        }
        Length = TorchTypes.Of(_tensor.dtype).ByteLength(_tensor.numel());
    }

    public string Name { get; }

    public long Length { get; }

    public void ReadExactly(long offset, Span<byte> destination)
    {
        if (offset < 0 || offset > Length - destination.Length) { throw new EndOfStreamException($"{Name}: {destination.Length} bytes at {offset} are wanted, there are {Length}"); }
        if (destination.Length == 0) { return; }
        new ReadOnlySpan<byte>((byte*)_tensor.data_ptr() + offset, destination.Length).CopyTo(destination);
        GC.KeepAlive(_tensor);
    }

    public void Dispose()
    {
        if (_isOwned) { _tensor.Dispose(); }
    }
}
