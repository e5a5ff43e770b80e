using System.Text.Json.Nodes;
using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;

namespace Ckpt.Kit;

/// <summary>
/// A checkpoint in memory, cut into boxes and with strides as a test wants them. Element bytes of each tensor are given row-major.
/// </summary>
public sealed class MemoryCheckpoint : ICheckpointReader
{
    readonly List<TensorInfo> _tensors = [];
    readonly Dictionary<string, BoxPayload[]> _payloads = [];

    public string Format => "memory";

    public string Path => "memory";

    public IReadOnlyList<FileEntry> Files => [new FileEntry("memory", 0)];

    public IReadOnlyList<TensorInfo> Tensors => _tensors;

    public IReadOnlyList<ObjectInfo> Objects => [];

    public JsonObject Describe() => [];

    public BoxPayload Locate(TensorInfo tensor, int box) => _payloads[tensor.Name][box];

    /// <summary>Adds a tensor; each box is stored on its own, its axes laid out in the given order (null: row-major).</summary>
    public MemoryCheckpoint Add(string name, DType dtype, Shape shape, byte[] bytes, IReadOnlyList<Box>? boxes = null, int[]? axisOrder = null)
    {
        boxes ??= [Box.Whole(shape)];
        var stored = new StoredBox[boxes.Count];
        var payloads = new BoxPayload[boxes.Count];
        for (var i = 0; i < stored.Length; i++)
        {
            var strides = StridesOf(boxes[i].Shape, axisOrder);
            stored[i] = new StoredBox(boxes[i], 0, 0, dtype.ByteLength(boxes[i].Volume));
            payloads[i] = new BoxPayload(new MemoryByteSource(name, Scatter(bytes, dtype, shape, boxes[i], strides)), 3, strides);
        }
        _tensors.Add(new TensorInfo(name, dtype, shape, stored));
        _payloads.Add(name, payloads);
        return this;
    }

    public void Dispose() { }

    static long[] StridesOf(Shape shape, int[]? order)
    {
        if (order is null) { return shape.RowMajorStrides(); }
        var strides = new long[shape.Rank];
        var step = 1L;
        for (var i = order.Length - 1; i >= 0; i--)
        {
            strides[order[i]] = step;
            step *= shape[order[i]];
        }
        return strides;
    }

    /// <summary>The box's elements at their strides, after 3 bytes of something else (payloads are seldom aligned).</summary>
    static byte[] Scatter(byte[] bytes, DType dtype, Shape shape, Box box, long[] strides)
    {
        var size = dtype.ByteSize();
        if (size == 0) { return [1, 2, 3, .. bytes]; }
        var result = new byte[3 + dtype.ByteLength(box.Volume)];
        var global = shape.RowMajorStrides();
        foreach (var index in Indices(box.Shape))
        {
            var (from, to) = (0L, 0L);
            for (var axis = 0; axis < index.Length; axis++)
            {
                from += (box.Offset[axis] + index[axis]) * global[axis];
                to += index[axis] * strides[axis];
            }
            bytes.AsSpan((int)from * size, size).CopyTo(result.AsSpan(3 + ((int)to * size)));
        }
        return result;
    }

    /// <summary>Every index of a shape, in row-major order: the slow way, for oracles.</summary>
    public static IEnumerable<long[]> Indices(Shape shape)
    {
        if (shape.Count == 0) { yield break; }
        var index = new long[shape.Rank];
        while (true)
        {
            yield return (long[])index.Clone();
            var axis = shape.Rank - 1;
            for (; axis >= 0 && ++index[axis] == shape[axis]; axis--) { index[axis] = 0; }
            if (axis < 0) { yield break; }
        }
    }
}
