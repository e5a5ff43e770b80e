using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.LegacyTorch;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Layouts;

namespace Ckpt.Models.Megatron.Legacy;

/// <summary>
/// Puts the tensors of ranks together: every element of every global tensor is found once, every tensor of every rank is used, and what
/// several ranks have alike is noted as a replica. Reads no tensor data.
/// </summary>
sealed class LegacyAssembler
{
    readonly IReadOnlyList<LegacyRankFile> _files;
    readonly LegacyGrid _grid;
    readonly Dictionary<string, HeldParts>[][] _held;
    readonly MegatronCuts _cuts;
    readonly List<TensorInfo> _tensors = [];
    readonly List<IReadOnlyList<LegacySlice>> _slices = [];
    readonly List<Replica> _replicas = [];
    readonly List<LegacySlice> _replicaSlices = [];

    LegacyAssembler(string where, IReadOnlyList<LegacyRankFile> files, LegacyReadOptions options)
    {
        _files = files;
        var args = new LegacyArgs(files[0].State.Shared, files[0].Where);
        _grid = new LegacyGridResolver(where, options, args, [.. files.Select(static f => f.Name)], [.. files.Select(static f => f.State.Chunks.Select(LegacySurvey.Of).ToArray())]).Resolve();
        _held = new Dictionary<string, HeldParts>[files.Count][];
        foreach (var (place, file) in _grid.Ranks)
        {
            var context = new LegacyChunkContext(files[file].Where, args, place.Tensor, Sizes.Tensor, Sizes.ExpertShares);
            _held[file] = [.. files[file].State.Chunks.Select(chunk => Held(LegacyChunkReader.Read(chunk, context), context.Where))];
        }
        _cuts = new MegatronCuts((options.Cuts ?? LegacyCuts.Of(args, _held.SelectMany(static chunks => chunks).SelectMany(static chunk => chunk.Values).Select(static held => held.First))).With(options.Overrides));
    }

    ParallelSizes Sizes => _grid.Layout.Grid.Sizes;

    internal static LegacyAssembly Assemble(LegacyTorchFolder folder, IReadOnlyList<LegacyRankFile> files, LegacyReadOptions options)
    {
        var assembler = new LegacyAssembler(folder.Path, files, options);
        assembler.AddAll();
        assembler.CheckUsed();
        return new LegacyAssembly(
            assembler._grid, assembler._tensors, assembler._slices, assembler._replicas, assembler._replicaSlices, assembler._cuts,
            files.Sum(static file => file.State.Chunks.Sum(static chunk => chunk.Others.Count)));
    }

    /// <summary>A rank's parts of one name: one, or one for each of its experts.</summary>
    sealed class HeldParts
    {
        internal Dictionary<int, LegacyPart> ByExpert { get; } = [];

        internal HashSet<int> Used { get; } = [];

        internal LegacyPart First => ByExpert.Values.First();
    }

    static Dictionary<string, HeldParts> Held(IReadOnlyList<LegacyPart> parts, string where)
    {
        var held = new Dictionary<string, HeldParts>(StringComparer.Ordinal);
        foreach (var part in parts)
        {
            var name = part.Key.Name(part.Key.Local);
            if (!held.TryGetValue(name, out var same)) { held.Add(name, same = new HeldParts()); }
            if (!same.ByExpert.TryAdd(part.Expert, part)) { Throw.Twice(where, part.StoredName, same.ByExpert[part.Expert].StoredName, name); }
        }
        return held;
    }

    /// <summary>Every tensor, in the order in which the model has them.</summary>
    void AddAll()
    {
        var stages = _grid.Layout.Stages;
        var firsts = new (RankPlace Place, int File)?[stages.Stages];
        foreach (var rank in _grid.Ranks) { firsts[rank.Place.Pipeline] ??= rank; }
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var part in stages.Parts)
        {
            var (place, file) = firsts[part.Stage]!.Value;
            var layers = part.Layers.ToDictionary(static slot => slot.Local, static slot => slot.Layer);
            foreach (var held in _held[file][part.Chunk].Values)
            {
                var key = held.First.Key;
                // The last of several stages has the tied embedding under the output layer's name.
                if (IsTiedCopy(key, part)) { continue; }
                var name = key.Name(key.Local < 0 ? -1 : layers[key.Local]);
                if (seen.Add(name)) { AddTensor(name, key, held, place, part.Chunk); }
            }
        }
    }

    bool IsTiedCopy(LegacyKey key, StageChunk part) =>
        part.Loss && _grid.Layout.Stages is { TiedEmbedding: true, Stages: > 1 } && !key.IsInLayer && key.Path.EndsWith(Output, StringComparison.Ordinal);

    const string Output = "output_layer.weight";
    const string Embedding = "embedding.word_embeddings.weight";

    void AddTensor(string name, LegacyKey key, HeldParts sample, RankPlace samplePlace, int chunk)
    {
        var cut = _cuts.Find(name);
        var model = cut.Of(GlobalShape(name, cut, sample, samplePlace, chunk));
        _grid.Layout.Check(model);
        var building = new Building(_tensors.Count, name, sample.First.DType);
        foreach (var (place, file) in _grid.Ranks)
        {
            if (cut.Place.Kind == PlaceKind.Layer && place.Pipeline != samplePlace.Pipeline) { continue; }
            foreach (var part in _grid.Layout.PartsOf(model, place))
            {
                var local = part.Role == PartRole.TiedCopy ? name[..^Embedding.Length] + Output : key.Local < 0 ? name : key.Name(part.Local);
                if (!_held[file][part.Chunk].TryGetValue(local, out var held)) { Throw.Missing(_files[file].Where, local); }
                AddPart(building, file, held, part, model.HasExpertAxis, local);
            }
        }
        _tensors.Add(new TensorInfo(name, building.DType, model.Shape, building.Boxes));
        _slices.Add(building.Slices);
    }

    /// <summary>The tensor that a rank's part is a share of.</summary>
    Shape GlobalShape(string name, MegatronCut cut, HeldParts sample, RankPlace place, int chunk)
    {
        var shape = sample.First.Shape.ToArray();
        if (cut.Cut.Kind != CutKind.Replicated)
        {
            if (shape.Length <= cut.Cut.Axis) { Throw.Axes(_files[0].Where, sample.First, cut.Cut); }
            Int128 size = cut.Cut.Kind == CutKind.Vocabulary ? Rows(name, place, chunk) : (Int128)shape[cut.Cut.Axis] * (cut.Cut.OfExperts ? Sizes.ExpertCuts : Sizes.Tensor);
            shape[cut.Cut.Axis] = Fit(size, name);
        }
        if (!cut.Cut.OfExperts) { return Counted(shape, name); }
        return Counted(cut.Expert is null ? [Fit((Int128)sample.ByExpert.Count * Sizes.ExpertShares, name), .. shape] : shape, name);
    }

    long Fit(Int128 size, string name) => size <= long.MaxValue ? (long)size : Throw.TooLarge(_files[0].Where, name);

    /// <summary>Shares of stride 0 can be of any size; what they make together must still be countable.</summary>
    Shape Counted(long[] dims, string name)
    {
        Int128 count = 1;
        foreach (var dim in dims) { count = count == 0 || dim == 0 ? 0 : Fit(count * dim, name); }
        // Eight bits an element at most sixteen bytes.
        Fit(count * 16, name);
        return new Shape(dims);
    }

    /// <summary>Rows of all tensor ranks: the last may have fewer where the vocabulary was cut without padding.</summary>
    Int128 Rows(string name, RankPlace sample, int chunk)
    {
        Int128 rows = 0;
        var seen = new HashSet<int>();
        foreach (var (place, file) in _grid.Ranks)
        {
            if (place.Pipeline != sample.Pipeline || !seen.Add(place.Tensor)) { continue; }
            if (!_held[file][chunk].TryGetValue(name, out var held)) { Throw.Missing(_files[file].Where, name); }
            rows += held.First.Shape.Rank == 0 ? 0 : held.First.Shape[0];
        }
        return rows;
    }

    void AddPart(Building building, int file, HeldParts held, RankPart rank, bool hasExperts, string local)
    {
        var experts = hasExperts ? rank.Tensor.Shape[0] : 1;
        for (var expert = 0; expert < experts; expert++)
        {
            var number = hasExperts ? expert : held.First.Expert;
            if (!held.ByExpert.TryGetValue(number, out var part)) { Throw.NoExpert(_files[file].Where, local, expert, experts); }
            held.Used.Add(number);
            var own = hasExperts ? rank.Tensor.At(expert) : rank.Tensor;
            if (part.DType != building.DType) { Throw.DType(_files[file].Where, part, building); }
            CheckShape(part, own, _files[file].Where);
            foreach (var box in own.Boxes)
            {
                foreach (var piece in part.Pieces)
                {
                    if (piece.TryCut(box.Local, out var common)) { Place(building, file, box, common); }
                }
            }
        }
    }

    /// <summary>LEG-3.4: a rank's tensor is of its share's shape; only rows that are padding may lack.</summary>
    static void CheckShape(LegacyPart part, RankTensor own, string where)
    {
        if (part.Shape == own.Shape) { return; }
        var fits = part.Shape.Rank == own.Shape.Rank && part.Shape.Rank > 0 && part.Shape[0] < own.Shape[0] && part.Shape.Dims[1..].SequenceEqual(own.Shape.Dims[1..]);
        if (!fits || own.Boxes.Any(box => !box.Local.IsInside(part.Shape))) { Throw.Shape(where, part, own.Shape); }
    }

    void Place(Building building, int file, RankBox rank, LegacyPiece piece)
    {
        var lead = rank.Global.Rank - rank.Local.Rank;
        var (offset, size, strides) = (rank.Global.Offset.ToArray(), rank.Global.Size.ToArray(), new long[rank.Global.Rank]);
        for (var axis = 0; axis < piece.Box.Rank; axis++)
        {
            offset[axis + lead] += piece.Box.Offset[axis] - rank.Local.Offset[axis];
            (size[axis + lead], strides[axis + lead]) = (piece.Box.Size[axis], piece.Strides[axis]);
        }
        var (box, slice) = (new Box(offset, size), new LegacySlice(file, piece.Stored, piece.Offset, strides));
        if (building.Numbers.TryGetValue(box, out var number))
        {
            _replicas.Add(new Replica(building.Tensor, number, file));
            _replicaSlices.Add(slice);
            return;
        }
        building.Numbers.Add(box, building.Boxes.Count);
        var (start, length) = _files[file].Place(piece.Stored);
        building.Boxes.Add(new StoredBox(box, file, start, length));
        building.Slices.Add(slice);
    }

    /// <summary>LEG-3.3: nothing a rank holds is left over.</summary>
    void CheckUsed()
    {
        for (var file = 0; file < _held.Length; file++)
        {
            foreach (var chunk in _held[file])
            {
                foreach (var held in chunk.Values)
                {
                    if (held.Used.Count == held.ByExpert.Count) { continue; }
                    var left = held.ByExpert.First(part => !held.Used.Contains(part.Key)).Value;
                    Throw.Unused(_files[file].Where, left.StoredName);
                }
            }
        }
    }

    /// <summary>A global tensor as it grows.</summary>
    sealed record Building(int Tensor, string Name, DType DType)
    {
        internal List<StoredBox> Boxes { get; } = [];

        internal List<LegacySlice> Slices { get; } = [];

        internal Dictionary<Box, int> Numbers { get; } = [];
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Twice(string where, string one, string other, string name) => throw new MalformedCheckpointException(
            "LEG-4.6", where, $"{Quoted.Name(one)} and {Quoted.Name(other)} are both {name}");

        [DoesNotReturn]
        internal static void Missing(string where, string name) => throw new MalformedCheckpointException(
            "LEG-3.3", where, $"has nothing that is {Quoted.Name(name)}, which the layout puts there");

        [DoesNotReturn]
        internal static void NoExpert(string where, string name, int expert, long experts) => throw new MalformedCheckpointException(
            "LEG-3.3", where, $"lacks expert {expert} of {experts} of {Quoted.Name(name)}");

        [DoesNotReturn]
        internal static void Unused(string where, string name) => throw new MalformedCheckpointException(
            "LEG-3.3", where, $"has {Quoted.Name(name)}, which the layout does not put there");

        [DoesNotReturn]
        internal static void Axes(string where, LegacyPart part, TensorCut cut) => throw new MalformedCheckpointException(
            "LEG-3.4", where, $"{Quoted.Name(part.StoredName)} has shape {part.Shape}, which cannot be shared as {cut}");

        [DoesNotReturn]
        internal static long TooLarge(string where, string name) => throw new MalformedCheckpointException(
            "LEG-3.4", where, $"the parts of {Quoted.Name(name)} make a tensor of more than 2^63 bytes");

        [DoesNotReturn]
        internal static void Shape(string where, LegacyPart part, Shape expected) => throw new MalformedCheckpointException(
            "LEG-3.4", where, $"{Quoted.Name(part.StoredName)} makes a tensor of shape {part.Shape}, its share is {expected}");

        [DoesNotReturn]
        internal static void DType(string where, LegacyPart part, Building building) => throw new MalformedCheckpointException(
            "LEG-3.4", where, $"{Quoted.Name(part.StoredName)} is {part.DType.DisplayName()}, other ranks have {building.DType.DisplayName()}");
    }
}
