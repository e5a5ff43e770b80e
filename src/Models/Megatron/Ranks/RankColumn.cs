using System.Text.Json.Nodes;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Boxes;

namespace Ckpt.Models.Megatron.Ranks;

/// <summary>
/// What the ranks of one tensor coordinate hold, as a checkpoint of its own: every stage's layers and every expert rank's experts, of each only the rank's
/// share, read where that rank's lies. Members may be called from several threads at once.
/// </summary>
sealed class RankColumn : ICheckpointReader
{
    readonly ICheckpointReader _reader;
    readonly IReplicatedCheckpoint? _replicated;
    readonly Dictionary<string, (TensorInfo Source, Piece[] Pieces)> _tensors = new(StringComparer.Ordinal);
    readonly List<TensorInfo> _infos = [];

    /// <summary>A stored box's part of a share.</summary>
    /// <param name="Box">Which stored box.</param>
    /// <param name="From">The part, in the global tensor.</param>
    /// <param name="Replica">The rank's own copy of the stored box; −1: the one that is read is.</param>
    readonly record struct Piece(int Box, Box From, int Replica);

    internal RankColumn(ICheckpointReader reader, IEnumerable<RankShare> shares)
    {
        _reader = reader;
        _replicated = reader as IReplicatedCheckpoint;
        var replicas = Replicas();
        for (var number = 0; number < reader.Tensors.Count; number++) { _numbers.Add(reader.Tensors[number].Name, number); }
        foreach (var share in shares) { Add(share, replicas); }
    }

    readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);

    public string Format => _reader.Format;

    public string Path => _reader.Path;

    public IReadOnlyList<FileEntry> Files => _reader.Files;

    public IReadOnlyList<TensorInfo> Tensors => _infos;

    public IReadOnlyList<ObjectInfo> Objects => [];

    public ReadingCost ReadingCost => _reader.ReadingCost;

    public JsonObject Describe() => _reader.Describe();

    public BoxPayload Locate(TensorInfo tensor, int box)
    {
        var (source, pieces) = _tensors[tensor.Name];
        var piece = pieces[box];
        var payload = piece.Replica < 0 ? _reader.Locate(source, piece.Box) : _replicated!.LocateReplica(piece.Replica);
        var (corner, skip) = (source.Boxes[piece.Box].Box, 0L);
        for (var axis = 0; axis < piece.From.Rank; axis++) { skip += (piece.From.Offset[axis] - corner.Offset[axis]) * payload.Strides[axis]; }
        return payload with { Offset = payload.Offset + (skip * source.DType.ByteSize()) };
    }

    /// <summary>The reader stays its owner's.</summary>
    public void Dispose() { }

    void Add(RankShare share, Dictionary<(int Tensor, int Box, int File), int> replicas)
    {
        var source = share.Source;
        var index = new BoxIndex(source.Shape, [.. source.Boxes.Select(static box => box.Box)]);
        var (boxes, pieces, found) = (new List<StoredBox>(), new List<Piece>(), new List<(int Index, Box Common)>());
        foreach (var part in share.Parts)
        {
            found.Clear();
            index.Find(part.Global, found);
            foreach (var (box, common) in found)
            {
                var offset = common.Offset.ToArray();
                for (var axis = 0; axis < offset.Length; axis++) { offset[axis] += part.Local.Offset[axis] - part.Global.Offset[axis]; }
                var stored = source.Boxes[box];
                var replica = part.File is { } file && file != stored.File ? replicas.GetValueOrDefault((_numbers[source.Name], box, file), -1) : -1;
                boxes.Add(stored with { Box = new Box(offset, common.Size.ToArray()), File = replica < 0 ? stored.File : part.File!.Value });
                pieces.Add(new Piece(box, common, replica));
            }
        }
        var info = new TensorInfo(source.Name, source.DType, share.Shape, boxes);
        _tensors.Add(source.Name, (source, [.. pieces]));
        _infos.Add(info);
    }

    Dictionary<(int Tensor, int Box, int File), int> Replicas()
    {
        var all = new Dictionary<(int, int, int), int>();
        for (var i = 0; i < (_replicated?.Replicas.Count ?? 0); i++)
        {
            var replica = _replicated!.Replicas[i];
            all.TryAdd((replica.Tensor, replica.Box, replica.File), i);
        }
        return all;
    }
}
