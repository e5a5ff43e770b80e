using System.Text.Json.Nodes;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Maps;

namespace Ckpt.Bench;

/// <summary>A checkpoint of any size that takes no room: bfloat16 noise under the given names.</summary>
sealed class NoiseCheckpoint(IReadOnlyList<MappedTensor> tensors) : ICheckpointReader
{
    readonly NoiseSource _noise = new(20261122);
    readonly Dictionary<string, long> _offsets = Offsets(tensors);

    public string Format => "noise";

    public string Path => "noise";

    public IReadOnlyList<FileEntry> Files => [];

    public IReadOnlyList<TensorInfo> Tensors { get; } = [.. tensors.Select(static t => new TensorInfo(
        t.Name, DType.BF16, t.Shape, [new StoredBox(Box.Whole(t.Shape), 0, 0, DType.BF16.ByteLength(t.Shape.Count))]))];

    public IReadOnlyList<ObjectInfo> Objects => [];

    public JsonObject Describe() => [];

    public BoxPayload Locate(TensorInfo tensor, int box) => new(_noise, _offsets[tensor.Name], tensor.Shape.RowMajorStrides());

    public void Dispose() { }

    static Dictionary<string, long> Offsets(IReadOnlyList<MappedTensor> tensors)
    {
        var offsets = new Dictionary<string, long>(StringComparer.Ordinal);
        var end = 0L;
        foreach (var tensor in tensors)
        {
            offsets.Add(tensor.Name, end);
            end += DType.BF16.ByteLength(tensor.Shape.Count);
        }
        return offsets;
    }
}
