using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Ckpt.Formats;
using Ckpt.Formats.LegacyTorch;
using Ckpt.Formats.Megatron;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Formats.TorchDist;
using Ckpt.Models.Megatron.Legacy;
using Ckpt.Models.Megatron.Optimizer;
using Ckpt.Sharding.Layouts;

namespace Ckpt.Models.Megatron.State;

/// <summary>Random numbers of one rank of a legacy checkpoint: the object they are, their place, and the grid of all, PP × TP.</summary>
readonly record struct LegacyRng(string Name, int Pipeline, int Tensor, int[] Grid);

/// <summary>The training state of legacy checkpoints (STA-3.8, STA-5.4): what every rank's folder has for itself, in torch_dist's terms.</summary>
static class LegacyState
{
    const string RankPrefix = "mp_rank_";
    const string Optimizer = "/optimizer";
    const string RngState = "/rng_state";
    const string DistribOptim = "/distrib_optim.pt";

    internal static bool IsOfRank(string name) => name.StartsWith(RankPrefix, StringComparison.Ordinal);

    /// <summary>What an object is: of a rank's file the entry its name ends in, of torch_dist's the only element of a list.</summary>
    internal static PickleNode Entry(PickleNode root, string name)
    {
        if (!IsOfRank(name)) { return root is PickleList { Items: [var only] } ? only : root; }
        return name.EndsWith(DistribOptim, StringComparison.Ordinal) ? root : (root as PickleDict)?.Find(name[(name.IndexOf('/') + 1)..]) ?? PickleNone.Instance;
    }

    /// <summary>The first rank's optimizer, in whose groups all ranks are alike.</summary>
    internal static string? FirstOptimizer(IMegatronReader source) =>
        source.Objects.Select(static item => item.Name).FirstOrDefault(static name => IsOfRank(name) && name.EndsWith(Optimizer, StringComparison.Ordinal));

    /// <summary>The options with layout and grad buffers of the checkpoint, where they say neither.</summary>
    /// <exception cref="UnsupportedCheckpointException">STA-3.8: its optimizer is not distributed.</exception>
    internal static StateOptions Complete(LegacyTorchReader source, StateOptions options)
    {
        options = options with { SourceLayout = options.SourceLayout ?? source.Layout };
        if (options.Optimizer == OptimizerTarget.Dropped || options.Buffers is not null) { return options; }
        var buffers = new List<GradBuffer>();
        var seen = new HashSet<(string, int, int)>();
        foreach (var item in source.Objects)
        {
            if (!item.Name.EndsWith(DistribOptim, StringComparison.Ordinal) || PlaceOf(source, item.Name) is not { } place) { continue; }
            foreach (var buffer in Read(source, item, place))
            {
                if (seen.Add((buffer.Chain, buffer.Group, buffer.Index))) { buffers.Add(buffer); }
            }
        }
        if (buffers.Count == 0 && FirstOptimizer(source) is { } name && HasStates(source.ReadObject(name))) { Throw.NotDistributed(source.Path); }
        return options with { Buffers = buffers };
    }

    /// <summary>The random numbers of every rank that has some; none where a rank's place is not known.</summary>
    internal static IReadOnlyList<LegacyRng> Rng(IMegatronReader source)
    {
        var found = new List<LegacyRng>();
        if (source is not LegacyTorchReader legacy) { return found; }
        var sizes = legacy.Layout.Grid.Sizes;
        foreach (var item in source.Objects)
        {
            if (!item.Name.EndsWith(RngState, StringComparison.Ordinal) || PlaceOf(legacy, item.Name) is not { } place) { continue; }
            // With expert parallelism torch_dist has one for each data parallel rank, of which legacy files have the first only.
            found.Add(new LegacyRng(item.Name, place.Pipeline, place.Tensor, sizes.Expert > 1 ? [] : [sizes.Pipeline, sizes.Tensor]));
        }
        return found;
    }

    internal static ObjectTarget RngObject(IMegatronReader source, LegacyRng rank)
    {
        var storages = new List<ReadOnlyMemory<byte>>();
        var file = source.OpenObject(rank.Name);
        var value = PickleEdits.TakeStorages(Entry(file.Root, rank.Name), file, storages, rank.Name);
        return ObjectTarget.Of(string.Create(CultureInfo.InvariantCulture, $"rng_state/shard_{rank.Pipeline}.{rank.Tensor}_{rank.Grid[0]}.{rank.Grid[1]}"), value, storages);
    }

    /// <summary>A file's buffers; of chained optimizers the second is that of experts, whose groups have numbers of their own.</summary>
    static IEnumerable<GradBuffer> Read(LegacyTorchReader source, ObjectInfo item, RankPlace place)
    {
        var sizes = source.Layout.Grid.Sizes;
        var dense = (place.Pipeline * sizes.Tensor) + place.Tensor;
        var experts = (((place.Pipeline * sizes.Expert) + place.Expert) * sizes.ExpertTensorSize) + place.ExpertTensor;
        var file = source.OpenObject(item.Name);
        if (file.Root is not PickleList list) { return DistribOptimParser.Parse(file.Root, file, "", dense, item); }
        var alone = list.Items.Count == 1;
        return list.Items.SelectMany((node, number) =>
            node is PickleNone ? [] : DistribOptimParser.Parse(node, file, alone ? "" : string.Create(CultureInfo.InvariantCulture, $"chained_{number}."), number == 0 ? dense : experts, item));
    }

    static RankPlace? PlaceOf(LegacyTorchReader source, string name)
    {
        if (!LegacyRankName.TryParse(name[..name.IndexOf('/')], out var rank)) { return null; }
        var sizes = source.Layout.Grid.Sizes;
        var pipeline = sizes.Pipeline > 1 ? rank.Second ?? 0 : 0;
        var expert = sizes.Expert <= 1 ? 0 : (sizes.Pipeline > 1 ? rank.Third : rank.Second) ?? 0;
        foreach (var place in source.Layout.Grid.ModelRanks())
        {
            if ((place.Tensor, place.Pipeline, place.Expert) == (rank.Tensor, pipeline, expert)) { return place; }
        }
        return null;
    }

    /// <summary>Whether an optimizer keeps states of parameters itself, by their numbers.</summary>
    static bool HasStates(PickleNode node) => node switch
    {
        PickleList list => list.Items.Any(HasStates),
        PickleDict dict => dict.Find("fp32_from_fp16_params") is PickleList { Items.Count: > 0 } || dict.Find("state") is PickleDict { Items: [{ Key: PickleInt }, ..] }
            || (dict.Find("optimizer") is { } inner && HasStates(inner)),
        _ => false,
    };

    static class Throw
    {
        [DoesNotReturn]
        internal static void NotDistributed(string where) => throw new UnsupportedCheckpointException(
            "STA-3.8", where, "keeps the states of an optimizer that is not distributed, by the numbers of parameters; read are those of the distributed one (distrib_optim.pt). Leave them out with --no_save_optim");
    }
}
