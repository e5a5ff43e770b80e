using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.TorchDist;

/// <summary>Where boxes were found: eight bytes a box, and strides only where they are not row-major. May be used from several threads.</summary>
sealed class TorchDistBoxCache
{
    readonly IReadOnlyList<TensorInfo> _tensors;
    readonly int[] _first;
    // One more than the offset, so that 0 says: not yet.
    readonly long[] _offsets;
    readonly long[]?[] _strides;

    internal TorchDistBoxCache(IReadOnlyList<TensorInfo> tensors)
    {
        _tensors = tensors;
        _first = new int[tensors.Count];
        var count = 0;
        for (var i = 0; i < _first.Length; i++)
        {
            _first[i] = count;
            count = checked(count + tensors[i].Boxes.Count);
        }
        _offsets = new long[count];
        _strides = new long[]?[count];
    }

    internal bool TryGet(int tensor, int box, out long offset, out long[] strides)
    {
        var at = _first[tensor] + box;
        offset = Volatile.Read(ref _offsets[at]) - 1;
        strides = offset < 0 ? [] : _strides[at] ?? _tensors[tensor].Boxes[box].Box.Shape.RowMajorStrides();
        return offset >= 0;
    }

    internal void Set(int tensor, int box, long offset, long[] strides)
    {
        var at = _first[tensor] + box;
        if (!strides.AsSpan().SequenceEqual(_tensors[tensor].Boxes[box].Box.Shape.RowMajorStrides())) { _strides[at] = strides; }
        Volatile.Write(ref _offsets[at], offset + 1);
    }
}
