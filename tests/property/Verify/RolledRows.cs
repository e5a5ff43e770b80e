using System.Text.Json.Nodes;
using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;

namespace Ckpt.PropertyTests.Verify;

/// <summary>A checkpoint in which every box of a stacked matrix has its rows rolled by some: as a rank that was given the wrong ones.</summary>
sealed class RolledRows : ICheckpointReader
{
    readonly ICheckpointReader _inner;
    readonly string _name;
    readonly long _by;

    internal RolledRows(ICheckpointReader inner, string name, long by) => (_inner, _name, _by) = (inner, name, by);

    public string Format => _inner.Format;

    public string Path => _inner.Path;

    public IReadOnlyList<FileEntry> Files => _inner.Files;

    public IReadOnlyList<TensorInfo> Tensors => _inner.Tensors;

    public IReadOnlyList<ObjectInfo> Objects => _inner.Objects;

    public JsonObject Describe() => _inner.Describe();

    public BoxPayload Locate(TensorInfo tensor, int box)
    {
        var payload = _inner.Locate(tensor, box);
        if (tensor.Name != _name) { return payload; }
        var part = tensor.Boxes[box].Box;
        var (rows, width) = (part.Size[^2], part.Size[^1] * tensor.DType.ByteSize());
        var bytes = new byte[part.Volume * tensor.DType.ByteSize()];
        payload.Source.ReadExactly(payload.Offset, bytes);
        var rolled = new byte[bytes.Length];
        for (var row = 0L; row * width < bytes.Length; row++)
        {
            var to = (row / rows * rows) + (((row % rows) + _by) % rows);
            bytes.AsSpan((int)(row * width), (int)width).CopyTo(rolled.AsSpan((int)(to * width)));
        }
        return new BoxPayload(new MemoryByteSource(tensor.Name, rolled), 0, part.Shape.RowMajorStrides());
    }

    public void Dispose() { }
}
