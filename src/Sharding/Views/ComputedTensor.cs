using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;

namespace Ckpt.Sharding.Views;

/// <summary>A view whose elements are a function of other tensors: one box, row-major, computed for any run of elements.</summary>
public abstract class ComputedTensor : TensorView, IByteSource
{
    readonly TensorInfo _info;
    readonly long[] _strides;

    /// <summary>A computed tensor of this name, type and shape.</summary>
    /// <param name="name">Its name in the viewed checkpoint.</param>
    /// <param name="dtype">Of whole bytes.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="file">Index into the inner reader's files of what it is mostly made of.</param>
    protected ComputedTensor(string name, DType dtype, Shape shape, int file)
    {
        ArgumentOutOfRangeException.ThrowIfZero(dtype.ByteSize(), nameof(dtype));
        var boxes = shape.Count == 0 ? Array.Empty<StoredBox>() : [new StoredBox(Box.Whole(shape), file, 0, dtype.ByteLength(shape.Count))];
        _info = new TensorInfo(name, dtype, shape, boxes);
        _strides = shape.RowMajorStrides();
    }

    public sealed override TensorInfo Info => _info;

    public string Name => _info.Name;

    public long Length => _info.ByteLength;

    public sealed override BoxPayload Locate(int box) => new(this, 0, _strides);

    /// <summary>Computes the elements from row-major place <paramref name="first"/> on; <paramref name="elements"/> holds whole ones.</summary>
    protected abstract void Compute(long first, Span<byte> elements);

    public void ReadExactly(long offset, Span<byte> destination)
    {
        if (offset < 0 || destination.Length > Length - offset) { throw new EndOfStreamException($"{Name}: bytes {offset} to {offset + destination.Length} of {Length}"); }
        var size = _info.DType.ByteSize();
        var skip = (int)(offset % size);
        var odd = (skip + destination.Length) % size;
        if (skip == 0 && odd == 0) { Compute(offset / size, destination); return; }
        // Nobody who plans in elements reads so; a whole number around it is computed and cut.
        var whole = new byte[skip + destination.Length + (odd == 0 ? 0 : size - odd)];
        Compute(offset / size, whole);
        whole.AsSpan(skip, destination.Length).CopyTo(destination);
    }
}
