using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Maps;

namespace Ckpt.Sharding.Quantised;

/// <summary>A stored tensor as one run of bytes, row-major, whichever boxes and strides it is stored in.</summary>
public sealed class TensorBytes : IByteSource
{
    readonly ICheckpointReader _reader;
    readonly TensorInfo _tensor;
    readonly AssemblerPool _pool;
    AssembledTensor? _assembled;

    /// <summary>The bytes of a tensor of this checkpoint.</summary>
    public TensorBytes(ICheckpointReader reader, TensorInfo tensor)
        : this(reader, tensor, new AssemblerPool(reader)) { }

    internal TensorBytes(ICheckpointReader reader, TensorInfo tensor, AssemblerPool pool) =>
        (_reader, _tensor, _pool, Length) = (reader, tensor, pool, tensor.ByteLength);

    public string Name => _tensor.Name;

    public long Length { get; }

    public void ReadExactly(long offset, Span<byte> destination)
    {
        if (offset < 0 || destination.Length > Length - offset) { throw new EndOfStreamException($"{Name}: bytes {offset} to {offset + destination.Length} of {Length}"); }
        if (destination.Length == 0) { return; }
        if (_assembled is null && _tensor.Boxes.Count == 1)
        {
            var payload = _reader.Locate(_tensor, 0);
            if (payload.Strides.AsSpan().SequenceEqual(_tensor.Shape.RowMajorStrides()))
            {
                payload.Source.ReadExactly(payload.Offset + offset, destination);
                return;
            }
        }
        (_assembled ??= Assemble()).ReadExactly(offset, destination);
    }

    AssembledTensor Assemble()
    {
        var map = TensorMap.Identity([new MappedTensor(_tensor.Name, _tensor.Shape)]);
        return new AssembledTensor(TensorTarget.Whole(_tensor.Name, _tensor.DType, _tensor.Shape), [_tensor], map, 0, _pool);
    }
}
