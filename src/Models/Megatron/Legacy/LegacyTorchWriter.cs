using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Ckpt.Formats;
using Ckpt.Formats.LegacyTorch;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.TorchDist;
using Ckpt.Sharding.Layouts;

namespace Ckpt.Models.Megatron.Legacy;

/// <summary>
/// Lays out a legacy Megatron checkpoint: each rank's file as torch.save writes it, its share of every tensor in the names and orders of the
/// implementation asked for. Targets have Megatron's canonical names, one a layer or all layers in one; how they are cut into boxes is decided here.
/// </summary>
public sealed class LegacyTorchWriter(LegacyTorchWriterOptions options) : ICheckpointWriter
{
    const string Latent = "self_attention.linear_";

    public string Format => LegacyTorchReader.FormatName;

    public CheckpointLayout LayOut(IReadOnlyList<TensorTarget> targets)
    {
        var ranks = Ranks();
        var cuts = new MegatronCuts((options.Cuts ?? LegacyCuts.Of(new LegacyArgs(options.Common, "common state"), targets.Select(static t => (OneLayer(t.Name), t.Shape)))).With(options.Overrides));
        var cut = new List<TensorTarget>(targets.Count);
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < targets.Count; i++)
        {
            if (!names.Add(targets[i].Name)) { throw new ArgumentException($"two targets named {targets[i].Name}", nameof(targets)); }
            cut.Add(Deal(targets[i], i, cuts.Find(targets[i].Name), ranks));
        }
        var images = new LegacyRankImages(LegacyWrittenArgs.Of(options), options.CommonStorages);
        var files = ranks.Select(rank => LegacyRankLayout.Of(InFolder($"{rank.Draft.Name}/{LegacyTorchFolder.FileName}"), rank.Draft, images, options.Own?.Invoke(rank.Place))).ToList();
        var tracker = TorchDistWriterOptions.TrackerOf(options.Folder);
        return new CheckpointLayout(cut, files, tracker is null ? [] : [new SmallFile(TorchDistWriterOptions.TrackerName, Encoding.ASCII.GetBytes(tracker))]);
    }

    /// <summary>A file for each rank with a part of its own; LEG-1.7: no two have the same folder.</summary>
    List<(RankPlace Place, LegacyRankDraft Draft)> Ranks()
    {
        var (sizes, chunks) = (options.Layout.Grid.Sizes, options.Layout.Stages.Chunks);
        var ranks = new SortedDictionary<LegacyRankName, (RankPlace, LegacyRankDraft)>();
        foreach (var place in options.Layout.Grid.ModelRanks())
        {
            var name = LegacyRankName.Of(place.Tensor, sizes.Pipeline > 1 ? place.Pipeline : null, sizes.Expert > 1 ? place.Expert : null);
            if (!ranks.TryAdd(name, (place, new LegacyRankDraft(name, chunks)))) { Throw.TwoInOne(name, sizes); }
        }
        return [.. ranks.Values];
    }

    /// <summary>Gives every rank its part of a target; the target comes back cut into the boxes that ranks have.</summary>
    TensorTarget Deal(TensorTarget target, int number, MegatronCut cut, List<(RankPlace Place, LegacyRankDraft Draft)> ranks)
    {
        if (cut.State is not null) { Throw.OptimizerState(target.Name); }
        var model = cut.Of(target.Shape);
        var partsOf = options.Layout.PartsOf(model);
        var stage = cut.Place.Kind == PlaceKind.Layer ? options.Layout.Stages.Find(cut.Place.Index).Part.Stage : -1;
        var dealing = new Dealing(target, number, LegacyKey.OfCore(target.Name), new LegacyTargetBoxes(), []);
        foreach (var (place, draft) in ranks)
        {
            if (stage >= 0 && place.Pipeline != stage) { continue; }
            foreach (var part in partsOf(place))
            {
                if (model.HasExpertAxis) { AddExperts(dealing, draft, part); }
                else { Add(dealing, draft, part, cut); }
            }
        }
        return target with { Boxes = dealing.Boxes.All };
    }

    readonly record struct Dealing(TensorTarget Target, int Number, LegacyKey Key, LegacyTargetBoxes Boxes, Dictionary<(LegacyKey Key, int Local, int Expert), string> Names);

    /// <summary>A name in a rank's file; many ranks have the same.</summary>
    string NameOf(Dealing dealing, LegacyKey key, int local, int expert)
    {
        if (!dealing.Names.TryGetValue((key, local, expert), out var name)) { dealing.Names.Add((key, local, expert), name = LegacyWrittenName.Of(key, local, expert, options)); }
        return name;
    }

    void Add(Dealing dealing, LegacyRankDraft draft, RankPart part, MegatronCut cut)
    {
        var (key, tensor) = (LocalKey(dealing.Key, part), part.Tensor);
        if (options.Layers == LegacyLayers.MindSpeed && key.IsInLayer && AddLatentDown(dealing, draft, part, key)) { return; }
        if (part.Role == PartRole.TiedCopy) { key = key with { Path = key.Path.Replace("embedding.word_embeddings.", "output_layer.", StringComparison.Ordinal) }; }
        var expert = cut.Expert is { } one ? one.Index % (one.Count / options.Layout.Grid.Sizes.ExpertShares) : -1;
        if (expert >= 0 && options.Experts == LegacyExperts.Grouped) { Throw.ExpertKeys(dealing.Target.Name); }
        var stored = draft.Tensor(part.Chunk, NameOf(dealing, key, part.Local, expert), dealing.Target.DType, part.Role != PartRole.Main);
        AddRows(dealing, stored, tensor);
    }

    /// <summary>A rank's boxes one behind the other, and zeros for the rows that a vocabulary lacks; MindSpeed does not pad.</summary>
    void AddRows(Dealing dealing, LegacyStoredDraft stored, RankTensor tensor)
    {
        var (dtype, filled) = (dealing.Target.DType, 0L);
        foreach (var box in tensor.Boxes)
        {
            stored.Stretches.Add((0, new LegacyStretch(dtype.ByteLength(box.Global.Volume), dealing.Number, dealing.Boxes.Number(box.Global))));
            filled += box.Global.Volume;
        }
        var shape = tensor.Shape;
        var missing = shape.Count - filled;
        if (missing > 0 && options.Layers == LegacyLayers.MindSpeed)
        {
            var dims = shape.ToArray();
            dims[0] -= missing / (shape.Count / dims[0]);
            shape = new Shape(dims);
        }
        else if (missing > 0) { stored.Stretches.Add((0, new LegacyStretch(dtype.ByteLength(missing), -1, 0))); }
        stored.Shape = () => shape;
    }

    void AddExperts(Dealing dealing, LegacyRankDraft draft, RankPart part)
    {
        var key = LocalKey(dealing.Key, part);
        for (var expert = 0; expert < part.Tensor.Shape[0]; expert++)
        {
            var tensor = part.Tensor.At(expert);
            var stored = draft.Tensor(part.Chunk, NameOf(dealing, key, part.Local, expert), dealing.Target.DType, isCopy: false);
            if (options.Experts == LegacyExperts.Grouped) { AddGrouped(dealing, stored, tensor, part.Tensor.Shape[0]); }
            else { AddRows(dealing, stored, tensor); }
        }
    }

    /// <summary>LEG-4.3: one expert behind the other, each transposed.</summary>
    static void AddGrouped(Dealing dealing, LegacyStoredDraft stored, RankTensor tensor, long experts)
    {
        if (tensor.Shape.Rank != 2) { Throw.GroupedBias(dealing.Target.Name); }
        var first = stored.Name.EndsWith('1');
        var rank = dealing.Target.Shape.Rank;
        int[] order = [.. Enumerable.Range(0, rank - 2), rank - 1, rank - 2];
        int[] boxes = [.. tensor.Boxes.Select(box => dealing.Boxes.Number(box.Global))];
        stored.Stretches.Add((0, new LegacyStretch(dealing.Target.DType.ByteLength(tensor.Shape.Count), dealing.Number, boxes[0], order, boxes.Length > 1 ? boxes[1..] : null, rank - 2)));
        // weight1 is [in, experts · out], weight2 [experts · out, in], of Megatron's [out, in] of one expert; both name the model's width last or first.
        var (rows, columns) = (tensor.Shape[0], tensor.Shape[1]);
        var shape = first ? new Shape(columns, experts * rows) : new Shape(experts * columns, rows);
        stored.Shape = () => shape;
    }

    /// <summary>LEG-4.4: MindSpeed has the down projections of query and of key and value in one tensor, whole on every rank.</summary>
    bool AddLatentDown(Dealing dealing, LegacyRankDraft draft, RankPart part, LegacyKey key)
    {
        int place;
        string leaf;
        if (After(key.Path, Latent + "q_down_proj.") is { } down) { (place, leaf) = (0, down); }
        else if (After(key.Path, Latent + "q_proj.") is { } whole) { (place, leaf) = (0, whole); }
        else if (After(key.Path, Latent + "kv_down_proj.") is { } kv) { (place, leaf) = (1, kv); }
        else { return false; }
        var stored = draft.Tensor(part.Chunk, LegacyWrittenName.Of(key with { Path = $"{Latent}qkv.{leaf}" }, part.Local, -1, options), dealing.Target.DType, isCopy: false);
        var shape = dealing.Target.Shape;
        var (offset, size) = (new long[shape.Rank], shape.ToArray());
        if (LegacyKey.OfCore(dealing.Target.Name).Local < 0 && part.Layer >= 0) { (offset[0], size[0]) = (part.Layer, 1); }
        var box = new Box(offset, size);
        stored.Stretches.Add((place, new LegacyStretch(dealing.Target.DType.ByteLength(box.Volume), dealing.Number, dealing.Boxes.Number(box))));
        var own = new Shape(shape.Dims[(size.Length - part.Tensor.Shape.Rank)..].ToArray());
        var before = stored.Shape;
        stored.Shape = stored.Stretches.Count == 1 ? () => own : () => new Shape([before()[0] + own[0], .. own.Dims[1..]]);
        return true;
    }

    static string? After(string path, string start) => path.StartsWith(start, StringComparison.Ordinal) ? path[start.Length..] : null;

    /// <summary>The key of one layer, also where the target holds all of them.</summary>
    static LegacyKey LocalKey(LegacyKey key, RankPart part) => part.Local < 0 || key.Local >= 0 ? key : OneLayer(key.Path);

    static LegacyKey OneLayer(string name)
    {
        const string Layers = "decoder.layers.";
        var key = LegacyKey.OfCore(name);
        var at = key.IsInLayer ? -1 : key.Path.IndexOf(Layers, StringComparison.Ordinal);
        return at < 0 ? key : new LegacyKey(key.Path[..(at + Layers.Length)], 0, key.Path[(at + Layers.Length)..]);
    }

    string InFolder(string name) => options.Folder.Length == 0 ? name : string.Create(CultureInfo.InvariantCulture, $"{options.Folder}/{name}");

    static class Throw
    {
        [DoesNotReturn]
        internal static void TwoInOne(LegacyRankName name, ParallelSizes sizes) => throw new LayoutException(
            "LEG-1.7", ParallelSizes.Where, $"with TP {sizes.Tensor} and ETP {sizes.ExpertTensorSize} two ranks with different parts of experts would have the folder {name}; the expert tensor size must divide the tensor size");

        [DoesNotReturn]
        internal static void OptimizerState(string name) => throw new UnsupportedCheckpointException(
            "LEG-6.3", name, "optimizer state is not written to legacy files, where it lies in the order of a run's parameters; leave it out with --no_save_optim");

        [DoesNotReturn]
        internal static void ExpertKeys(string name) => throw new UnsupportedCheckpointException(
            "LEG-6.3", name, "grouped experts are written from tensors that hold all experts of a layer, not from one of each");

        [DoesNotReturn]
        internal static void GroupedBias(string name) => throw new UnsupportedCheckpointException(
            "LEG-6.3", name, "grouped experts (weight1, weight2) have no biases");
    }
}
