using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Maps;

namespace Ckpt.Sharding.Quantised;

/// <summary>A stored tensor as one run of bytes, row-major, whichever boxes and strides it is stored in.</summary>
sealed class TensorBytes(ICheckpointReader reader, TensorInfo tensor, AssemblerPool pool) : IByteSource
{
    AssembledTensor? _assembled;

    public string Name => tensor.Name;

    public long Length { get; } = tensor.ByteLength;

    public void ReadExactly(long offset, Span<byte> destination)
    {
        if (offset < 0 || destination.Length > Length - offset) { throw new EndOfStreamException($"{Name}: bytes {offset} to {offset + destination.Length} of {Length}"); }
        if (destination.Length == 0) { return; }
        if (_assembled is null && tensor.Boxes.Count == 1)
        {
            var payload = reader.Locate(tensor, 0);
            if (payload.Strides.AsSpan().SequenceEqual(tensor.Shape.RowMajorStrides()))
            {
                payload.Source.ReadExactly(payload.Offset + offset, destination);
                return;
            }
        }
        (_assembled ??= Assemble()).ReadExactly(offset, destination);
    }

    AssembledTensor Assemble()
    {
        var map = TensorMap.Identity([new MappedTensor(tensor.Name, tensor.Shape)]);
        return new AssembledTensor(TensorTarget.Whole(tensor.Name, tensor.DType, tensor.Shape), [tensor], map, 0, pool);
    }
}
