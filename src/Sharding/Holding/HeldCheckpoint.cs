using System.Globalization;
using System.Text.Json.Nodes;
using Ckpt.Formats.IO;
using Ckpt.Formats.Megatron;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;

namespace Ckpt.Sharding.Holding;

/// <summary>
/// The tensors of a running program, seen by one of its ranks as a checkpoint: every rank knows where all elements are and that the same rank is to
/// write them (<see cref="StoredBox.File"/> is its number), and reads what it was given itself.
/// </summary>
public sealed class HeldCheckpoint : IMegatronReader
{
    readonly IReadOnlyList<HeldTensor> _held;
    readonly Dictionary<string, List<(int Tensor, int Box)>> _boxesOf = new(StringComparer.Ordinal);
    readonly Dictionary<string, int> _tensors = new(StringComparer.Ordinal);
    readonly Dictionary<string, IByteSource> _parts = new(StringComparer.Ordinal);

    /// <summary>The tensors as <paramref name="rank"/> of <paramref name="ranks"/> sees them; the same tensors give every rank the same view.</summary>
    public HeldCheckpoint(IReadOnlyList<HeldTensor> tensors, int rank, int ranks)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rank);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rank, ranks);
        (_held, Rank) = (tensors, rank);
        var bytes = new long[ranks];
        var infos = new TensorInfo[tensors.Count];
        for (var t = 0; t < infos.Length; t++)
        {
            var tensor = tensors[t];
            _tensors.Add(tensor.Name, t);
            var boxes = new StoredBox[tensor.Boxes.Count];
            for (var b = 0; b < boxes.Length; b++)
            {
                var box = tensor.Boxes[b];
                if (!_boxesOf.TryGetValue(box.Part, out var list)) { _boxesOf.Add(box.Part, list = []); }
                list.Add((t, b));
                var length = tensor.DType.ByteLength(box.Box.Volume);
                var writer = Writer(box.Ranks, bytes);
                boxes[b] = new StoredBox(box.Box, writer, bytes[writer], length);
                bytes[writer] += length;
            }
            infos[t] = new TensorInfo(tensor.Name, tensor.DType, tensor.Shape, boxes);
        }
        Tensors = infos;
        Files = [.. bytes.Select(static (length, number) => new FileEntry(string.Create(CultureInfo.InvariantCulture, $"rank {number}"), length))];
    }

    public string Format => "memory";

    public string Path => "memory";

    /// <summary>One for each rank; the length is what it is to write.</summary>
    public IReadOnlyList<FileEntry> Files { get; }

    public IReadOnlyList<TensorInfo> Tensors { get; }

    public IReadOnlyList<ObjectInfo> Objects => [];

    /// <summary>The rank whose view it is.</summary>
    public int Rank { get; }

    public long? Iteration { get; init; }

    public bool IsRelease => false;

    public PickleDict? Common { get; init; }

    public IReadOnlyList<ReadOnlyMemory<byte>> CommonStorages => [];

    public IReadOnlyDictionary<string, Shape> OriginalShapes { get; } = new Dictionary<string, Shape>();

    public JsonObject Describe() => [];

    public PickleNode ReadObject(string name) => throw new KeyNotFoundException(name);

    public TorchFile OpenObject(string name) => throw new KeyNotFoundException(name);

    /// <summary>The boxes that lie in a part, by tensor and box; on whichever rank.</summary>
    public IReadOnlyList<(int Tensor, int Box)> BoxesOf(string part) => _boxesOf[part];

    /// <summary>Gives this rank's elements of a part: row-major, to stay as they are until <see cref="Release"/>.</summary>
    /// <exception cref="ArgumentException">There is no such part, or it has another length.</exception>
    public void Hold(string part, IByteSource elements)
    {
        if (!_boxesOf.TryGetValue(part, out var boxes)) { throw new ArgumentException($"no tensor has a part {part}", nameof(part)); }
        var tensor = _held[boxes[0].Tensor];
        var length = tensor.DType.ByteLength(tensor.PartShape.Count);
        if (elements.Length != length) { throw new ArgumentException($"{part} has {elements.Length} bytes; {tensor.DType.DisplayName()} {tensor.PartShape} has {length}", nameof(elements)); }
        _parts[part] = elements;
    }

    /// <summary>Forgets a part's elements.</summary>
    public void Release(string part) => _parts.Remove(part);

    /// <exception cref="InvalidOperationException">This rank does not hold the box, or was not given it.</exception>
    public BoxPayload Locate(TensorInfo tensor, int box)
    {
        var held = _held[_tensors[tensor.Name]];
        var (_, part, local, ranks) = held.Boxes[box];
        if (!_parts.TryGetValue(part, out var elements) || !ranks.Contains(Rank)) { throw new InvalidOperationException($"{part}, box {held.Boxes[box].Box} of {tensor.Name}, is not with rank {Rank}"); }
        var inner = held.PartShape.RowMajorStrides();
        var strides = new long[tensor.Shape.Rank];
        Array.Fill(strides, 1);
        inner.CopyTo(strides, strides.Length - inner.Length);
        var first = 0L;
        for (var axis = 0; axis < inner.Length; axis++) { first += local.Offset[axis] * inner[axis]; }
        return new BoxPayload(elements, first * tensor.DType.ByteSize(), strides);
    }

    public void Dispose() => _parts.Clear();

    /// <summary>Of those that hold the same, who has least to write so far.</summary>
    static int Writer(IReadOnlyList<int> ranks, long[] bytes)
    {
        var writer = ranks[0];
        foreach (var rank in ranks)
        {
            if (bytes[rank] < bytes[writer]) { writer = rank; }
        }
        return writer;
    }
}
