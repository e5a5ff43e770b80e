using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Boxes;

namespace Ckpt.Sharding.Elements;

/// <summary>Reads any region of a tensor as float32, however it is cut into boxes. May be used from several threads at once.</summary>
public sealed class TensorSingles
{
    const int BufferBytes = 64 << 10;

    readonly ICheckpointReader _reader;
    readonly TensorInfo _tensor;
    readonly BoxIndex? _boxes;

    /// <summary>A tensor of a reader.</summary>
    /// <exception cref="UnsupportedCheckpointException">NUM-1.2: its elements are no floating-point numbers that can be computed with.</exception>
    public TensorSingles(ICheckpointReader reader, TensorInfo tensor)
    {
        (_reader, _tensor) = (reader, tensor);
        if (!FloatElements.IsKnown(tensor.DType)) { Throw.UnknownType(tensor); }
        if (tensor.Boxes.Count != 1) { _boxes = new BoxIndex(tensor.Shape, [.. tensor.Boxes.Select(static box => box.Box)]); }
    }

    /// <summary>The tensor.</summary>
    public TensorInfo Info => _tensor;

    /// <summary>Fills <paramref name="target"/> with the region's elements, row-major.</summary>
    /// <exception cref="MalformedCheckpointException">SHD-2.2: the tensor's boxes do not hold all of it.</exception>
    public void Read(Box region, Span<float> target)
    {
        if (region.Volume == 0) { return; }
        if (_boxes is null) { ReadPart(0, region, region, target); return; }
        var found = new List<(int Index, Box Common)>();
        _boxes.Find(region, found);
        var read = 0L;
        foreach (var (index, common) in found)
        {
            ReadPart(index, common, region, target);
            read += common.Volume;
        }
        if (read != region.Volume) { Throw.NotStored(_tensor, region, read); }
    }

    void ReadPart(int index, Box part, Box region, Span<float> target)
    {
        var payload = _reader.Locate(_tensor, index);
        var corner = _tensor.Boxes[index].Box;
        var steps = region.Shape.RowMajorStrides();
        var size = _tensor.DType.ByteSize();
        // The innermost axes that are contiguous in file and target alike are one run.
        var (inner, run) = (part.Rank, 1L);
        while (inner > 0 && payload.Strides[inner - 1] == run && steps[inner - 1] == run) { run *= part.Size[--inner]; if (inner > 0 && part.Size[inner] != region.Size[inner]) { break; } }
        var gather = inner == part.Rank && part.Rank > 0;
        if (gather) { (inner, run) = (part.Rank - 1, part.Size[^1]); }
        var at = new long[inner];
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        do
        {
            var (source, place) = (0L, 0L);
            for (var axis = 0; axis < part.Rank; axis++)
            {
                var offset = axis < inner ? at[axis] : 0;
                source += (part.Offset[axis] - corner.Offset[axis] + offset) * payload.Strides[axis];
                place += (part.Offset[axis] - region.Offset[axis] + offset) * steps[axis];
            }
            var from = payload.Offset + (source * size);
            var to = target.Slice((int)place, (int)run);
            if (gather) { Gather(payload, from, payload.Strides[^1], buffer, to); }
            else { ReadRun(payload, from, buffer, to); }
        }
        while (Next(at, part));
        ArrayPool<byte>.Shared.Return(buffer);
    }

    void ReadRun(BoxPayload payload, long from, byte[] buffer, Span<float> target)
    {
        var size = _tensor.DType.ByteSize();
        for (var done = 0; done < target.Length;)
        {
            var part = target.Slice(done, Math.Min(target.Length - done, BufferBytes / size));
            var bytes = buffer.AsSpan(0, part.Length * size);
            payload.Source.ReadExactly(from + ((long)done * size), bytes);
            FloatElements.ToSingle(_tensor.DType, bytes, part);
            done += part.Length;
        }
    }

    void Gather(BoxPayload payload, long from, long stride, byte[] buffer, Span<float> target)
    {
        var size = _tensor.DType.ByteSize();
        for (var i = 0; i < target.Length; i++)
        {
            var bytes = buffer.AsSpan(0, size);
            payload.Source.ReadExactly(from + (i * stride * size), bytes);
            FloatElements.ToSingle(_tensor.DType, bytes, target.Slice(i, 1));
        }
    }

    static bool Next(long[] at, Box part)
    {
        for (var axis = at.Length - 1; axis >= 0; axis--)
        {
            if (++at[axis] < part.Size[axis]) { return true; }
            at[axis] = 0;
        }
        return false;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void UnknownType(TensorInfo tensor) => throw new UnsupportedCheckpointException(
            "NUM-1.2", tensor.Name, $"{tensor.DType.DisplayName()} cannot be computed with; handled are float64, float32, float16 and bfloat16");

        [DoesNotReturn]
        internal static void NotStored(TensorInfo tensor, Box region, long found) => throw new MalformedCheckpointException(
            "SHD-2.2", tensor.Name, $"its stored boxes hold {found} of the {region.Volume} elements of {region}");
    }
}
