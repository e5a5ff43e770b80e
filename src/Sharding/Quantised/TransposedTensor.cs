using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Views;

namespace Ckpt.Sharding.Quantised;

/// <summary>Another view with its last two axes exchanged: the same bytes, seen with other strides.</summary>
sealed class TransposedTensor : TensorView
{
    readonly TensorView _inner;

    internal TransposedTensor(TensorView inner)
    {
        _inner = inner;
        var boxes = inner.Info.Boxes.Select(static b => b with { Box = new Box(Exchange(b.Box.Offset), Exchange(b.Box.Size)) });
        Info = inner.Info with { Shape = new Shape(Exchange(inner.Info.Shape.Dims)), Boxes = [.. boxes] };
    }

    public override TensorInfo Info { get; }

    public override long HeldBytes => _inner.HeldBytes;

    public override BoxPayload Locate(int box)
    {
        var payload = _inner.Locate(box);
        return payload with { Strides = Exchange(payload.Strides) };
    }

    static long[] Exchange(ReadOnlySpan<long> values)
    {
        var exchanged = values.ToArray();
        (exchanged[^1], exchanged[^2]) = (exchanged[^2], exchanged[^1]);
        return exchanged;
    }
}
