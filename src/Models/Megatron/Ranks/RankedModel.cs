using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Bridge;
using Ckpt.Models.Configs;
using Ckpt.Models.Megatron.Legacy;
using Ckpt.Models.Megatron.Optimizer;
using Ckpt.Models.Opening;
using Ckpt.Sharding.Layouts;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Views;

namespace Ckpt.Models.Megatron.Ranks;

/// <summary>
/// A Megatron checkpoint as the ranks of a layout hold it: for each tensor coordinate a model of its own with fewer heads and narrower layers, whose tensors
/// are read by the running system's rules and not by those of the whole (VER-3.1).
/// </summary>
public sealed class RankedModel
{
    readonly ModelCheckpoint _model;
    readonly ParallelLayout _layout;
    readonly MegatronCuts _cuts;
    readonly LegacyTorchReader? _byRank;
    readonly RankPlace[] _places;
    readonly HashSet<string> _wideNorms;

    RankedModel(ModelCheckpoint model, ParallelLayout layout)
    {
        (_model, _layout) = (model, layout);
        var names = model.Reader.Tensors.Select(static tensor => tensor.Name).Where(static name => !OptimizerNames.IsOptimizer(name)).ToArray();
        var legacy = Innermost(model.Reader) as LegacyTorchReader;
        // Files are of the ranks that wrote them, and of no others.
        _byRank = ReferenceEquals(legacy?.Layout, layout) ? legacy : null;
        var keys = MegatronCutOptions.FromKeys(names);
        _cuts = legacy?.Cuts ?? new MegatronCuts(keys with { Experts = Config.Experts > 0 ? Config.Experts : null });
        IsLinearWhole = keys.LinearAttention == LinearAttentionForm.Whole;
        _places = [.. layout.Grid.ModelRanks()];
        var map = model.ToHf(new BridgeOptions());
        _wideNorms = [.. map.Links.Where(link => IsWideNorm(map.Right.Tensors[link.Right])).Select(link => map.Left.Tensors[link.Left].Name)];
    }

    /// <summary>The layout.</summary>
    public ParallelLayout Layout => _layout;

    /// <summary>A model for each tensor coordinate, of the dense layers or of experts, whichever has more; the other's repeat.</summary>
    public IReadOnlyList<ModelCheckpoint> Columns { get; private set; } = [];

    ModelConfig Config => _model.Side.Config.Model;

    ParallelSizes Sizes => _layout.Grid.Sizes;

    bool IsLinearWhole { get; }

    /// <summary>Key and value groups that several ranks share: each has some of the group's queries, and gathers its keys and values.</summary>
    int RanksOfGroup => (int)Math.Max(1, Sizes.Tensor / Config.KvGroups);

    /// <summary>Splits a checkpoint up by rank; reads no tensor data.</summary>
    /// <param name="model">A Megatron checkpoint; stays its owner's.</param>
    /// <param name="layout">The layout: that it was written under, or another that it could be loaded under.</param>
    /// <exception cref="LayoutException">The model cannot be split so.</exception>
    /// <exception cref="CheckpointException">The tensors are not those of its config.</exception>
    public static RankedModel Of(ModelCheckpoint model, ParallelLayout layout)
    {
        if (model.Megatron is null) { Throw.NotMegatron(model.Reader); }
        ParallelCheck.Check(model.Side.Config.Model, layout.Grid.Sizes with { World = null, Data = null });
        var split = new RankedModel(model, layout);
        split.Columns = [.. Enumerable.Range(0, Math.Max(split.Sizes.Tensor, split.Sizes.ExpertCuts)).Select(split.Column)];
        return split;
    }

    ModelCheckpoint Column(int number)
    {
        var (tensor, expertTensor) = (number % Sizes.Tensor, number % Sizes.ExpertCuts);
        var shares = new List<RankShare>();
        foreach (var source in _model.Reader.Tensors)
        {
            if (OptimizerNames.IsOptimizer(source.Name) || source.Shape.Count == 0 || source.DType.ByteSize() == 0 || _cuts.TryFind(source.Name) is not { } cut) { continue; }
            shares.Add(Share(source, cut, tensor, expertTensor));
        }
        var column = new RankColumn(_model.Reader, shares);
        var vocabulary = shares.FirstOrDefault(static share => share.Source.Name.EndsWith("embedding.word_embeddings.weight", StringComparison.Ordinal));
        return _model.OfRank(column, Own(vocabulary?.Shape[0] ?? Config.VocabSize));
    }

    RankShare Share(TensorInfo source, MegatronCut cut, int tensor, int expertTensor)
    {
        if (_wideNorms.Contains(source.Name) && Sizes.Tensor > 1) { cut = cut with { Cut = TensorCut.Columns }; }
        if (RanksOfGroup > 1 && source.Name.Contains(".self_attention.linear_qkv.", StringComparison.Ordinal) && cut.Cut.Kind != CutKind.Replicated) { return Gathered(source, cut, tensor); }
        var whole = cut.Of(source.Shape);
        var partsOf = _layout.PartsOf(whole);
        var parts = new List<SharePart>();
        var seen = new HashSet<(int, int, int)>();
        foreach (var place in _places)
        {
            var isMine = cut.Cut.OfExperts ? Sizes.ExpertsOverTensor || place.ExpertTensor == expertTensor : place.Tensor == tensor;
            if (!isMine || !seen.Add(cut.Cut.OfExperts ? (place.Pipeline, place.Expert, place.ExpertTensor) : (place.Pipeline, 0, 0))) { continue; }
            foreach (var part in partsOf(place).Where(static part => part.Role == PartRole.Main))
            {
                parts.AddRange(part.Tensor.Boxes.Select(box => new SharePart(box.Global, Placed(box, whole.LeadingAxes), FileOf(place))));
            }
        }
        var shape = source.Shape.ToArray();
        if (cut.Cut.Kind != CutKind.Replicated)
        {
            var axis = whole.LeadingAxes + cut.Cut.Axis;
            shape[axis] = parts.Count == 0 ? 0 : parts.Max(part => part.Local.Offset[axis] + part.Local.Size[axis]);
        }
        return new RankShare(source, new Shape(shape), parts);
    }

    /// <summary>Axes of layers and experts, in front, stay as they are in the whole; the others are the rank's own.</summary>
    static Box Placed(RankBox box, int leading)
    {
        var offset = box.Global.Offset.ToArray();
        for (var axis = leading; axis < offset.Length; axis++) { offset[axis] = box.Local.Offset[axis - offset.Length + box.Local.Rank]; }
        return new Box(offset, box.Global.Size.ToArray());
    }

    /// <summary>The rank's queries of its group, and all keys and values of the group, which ranks gather while they run.</summary>
    RankShare Gathered(TensorInfo source, MegatronCut cut, int tensor)
    {
        var whole = cut.Of(source.Shape);
        _layout.Check(whole);
        var axis = whole.LeadingAxes;
        var group = source.Shape[axis] / Config.KvGroups;
        var keys = 2 * Config.HeadDim;
        var queries = (group - keys) / RanksOfGroup;
        var start = tensor / RanksOfGroup * group;
        var file = _places.Where(place => place.Tensor == tensor).Select(FileOf).FirstOrDefault();
        var shape = source.Shape.ToArray();
        shape[axis] = queries + keys;
        return new RankShare(source, new Shape(shape), [Part(start + (tensor % RanksOfGroup * queries), 0, queries), Part(start + group - keys, queries, keys)]);

        SharePart Part(long from, long to, long size)
        {
            var (global, local, sizes) = (new long[shape.Length], new long[shape.Length], source.Shape.ToArray());
            (global[axis], local[axis], sizes[axis]) = (from, to, size);
            return new SharePart(new Box(global, sizes), new Box(local, sizes), file);
        }
    }

    int? FileOf(RankPlace place)
    {
        foreach (var (of, file) in _byRank?.Ranks ?? [])
        {
            if ((of.Pipeline, of.Tensor, of.Expert) == (place.Pipeline, place.Tensor, place.Expert)) { return file; }
        }
        return null;
    }

    /// <summary>A rank's own sizes.</summary>
    ModelConfig Own(long vocabulary) => Config with
    {
        Heads = Config.Heads / Sizes.Tensor,
        KvGroups = Math.Max(1, Config.KvGroups / Sizes.Tensor),
        Ffn = Config.Ffn / Sizes.Tensor,
        SharedFfn = Config.SharedFfn / Sizes.Tensor,
        MoeFfn = Config.MoeFfn / Sizes.ExpertCuts,
        VocabSize = vocabulary,
        DeltaNet = Config.DeltaNet is not { } net || IsLinearWhole ? Config.DeltaNet : net with { KeyHeads = net.KeyHeads / Sizes.Tensor, ValueHeads = net.ValueHeads / Sizes.Tensor },
    };

    // Over all heads at once: ranks gather them, normalise, and go on with their own.
    bool IsWideNorm(MappedTensor tensor) =>
        (tensor.Name.EndsWith(".self_attn.q_norm.weight", StringComparison.Ordinal) || tensor.Name.EndsWith(".self_attn.k_norm.weight", StringComparison.Ordinal)) && tensor.Shape.Count > Config.HeadDim;

    static ICheckpointReader Innermost(ICheckpointReader reader)
    {
        while (reader is ViewedCheckpoint viewed) { reader = viewed.Inner; }
        return reader;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void NotMegatron(ICheckpointReader reader) => throw new UnsupportedCheckpointException(
            "VER-3.3", reader.Path, $"is a {reader.Format} checkpoint, which no ranks hold; --ranked is for Megatron's");
    }
}
