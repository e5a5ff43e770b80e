using System.Text.Json.Nodes;
using Ckpt.Formats.Tensors;

namespace Ckpt.Sharding.Holding;

/// <summary>
/// A checkpoint that every rank can read, its boxes dealt out to them for writing: <see cref="StoredBox.File"/> is the rank, the same on all of them.
/// </summary>
public sealed class DealtCheckpoint : ICheckpointReader
{
    readonly ICheckpointReader _inner;
    readonly Dictionary<string, TensorInfo> _own = new(StringComparer.Ordinal);

    /// <summary>Deals out boxes, each to the rank that has fewest bytes so far. The inner checkpoint is disposed with this one.</summary>
    public DealtCheckpoint(ICheckpointReader inner, int ranks)
    {
        _inner = inner;
        var bytes = new long[ranks];
        var tensors = new TensorInfo[inner.Tensors.Count];
        for (var t = 0; t < tensors.Length; t++)
        {
            var tensor = inner.Tensors[t];
            _own.Add(tensor.Name, tensor);
            var boxes = new StoredBox[tensor.Boxes.Count];
            for (var b = 0; b < boxes.Length; b++)
            {
                var rank = Array.IndexOf(bytes, bytes.Min());
                bytes[rank] += tensor.DType.ByteLength(tensor.Boxes[b].Box.Volume);
                boxes[b] = tensor.Boxes[b] with { File = rank };
            }
            tensors[t] = tensor with { Boxes = boxes };
        }
        Tensors = tensors;
    }

    public string Format => _inner.Format;

    public string Path => _inner.Path;

    public IReadOnlyList<FileEntry> Files => _inner.Files;

    public IReadOnlyList<TensorInfo> Tensors { get; }

    public IReadOnlyList<ObjectInfo> Objects => _inner.Objects;

    public ReadingCost ReadingCost => _inner.ReadingCost;

    public JsonObject Describe() => _inner.Describe();

    public BoxPayload Locate(TensorInfo tensor, int box) => _inner.Locate(_own[tensor.Name], box);

    public void Dispose() => _inner.Dispose();
}
