using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;

namespace Ckpt.Sharding.Layouts;

/// <summary>
/// A model's layout: which ranks there are, and which layers each holds. Together with a tensor's cut it says which boxes of the global
/// tensor every rank has, and how they lie in the rank's own. Pure.
/// </summary>
public sealed class ParallelLayout(RankGrid grid, StageLayout stages)
{
    IReadOnlyList<RankPlace>? _modelRanks;

    /// <summary>The ranks.</summary>
    public RankGrid Grid { get; } = grid.Sizes.Pipeline == stages.Stages ? grid : throw new ArgumentException($"a grid of {grid.Sizes.Pipeline} stages with {stages.Stages}", nameof(grid));

    /// <summary>The layers.</summary>
    public StageLayout Stages { get; } = stages;

    /// <summary>The layout of some sizes, for a model of so many decoder layers.</summary>
    /// <exception cref="LayoutException">The sizes fit neither each other nor the layers.</exception>
    public static ParallelLayout Of(int layers, ParallelSizes sizes, StageOptions? options = null, RankOrder? order = null) =>
        new(RankGrid.Of(sizes, order), StageLayout.Of(layers, sizes, options));

    /// <summary>Returns where a tensor can be cut so.</summary>
    /// <exception cref="LayoutException">It cannot, with the numbers that say why.</exception>
    public void Check(ModelTensor tensor)
    {
        new TensorCutter(tensor, Grid.Sizes).Check(Stages.Layers);
        if (tensor.Place.Kind == PlaceKind.Mtp && tensor.Place.Index >= Stages.MtpLayers) { Throw.NoMtp(tensor, Stages.MtpLayers); }
    }

    /// <summary>What a rank holds of a tensor: one part for each of its layers, copies included; nothing where it is not on its stage.</summary>
    /// <exception cref="LayoutException">The tensor cannot be cut so.</exception>
    public IReadOnlyList<RankPart> PartsOf(ModelTensor tensor, RankPlace place)
    {
        Check(tensor);
        var parts = new List<RankPart>();
        AddParts(tensor, place, parts);
        return parts;
    }

    /// <summary>
    /// The same of one tensor for many ranks: checked once, and ranks that hold the same elements get the same list. Not for several threads.
    /// </summary>
    /// <exception cref="LayoutException">The tensor cannot be cut so.</exception>
    public Func<RankPlace, IReadOnlyList<RankPart>> PartsOf(ModelTensor tensor)
    {
        Check(tensor);
        var known = new Dictionary<(int, int, int), IReadOnlyList<RankPart>>();
        return place =>
        {
            var share = ShareOf(tensor, place);
            if (known.TryGetValue(share, out var parts)) { return parts; }
            var own = new List<RankPart>();
            AddParts(tensor, place, own);
            known.Add(share, own);
            return own;
        };
    }

    /// <summary>
    /// Every part of a tensor once, with the first rank that holds it: no copies, no replicas. Their boxes cover the tensor exactly once
    /// and are the chunks that Megatron writes (those of experts one by one).
    /// </summary>
    /// <exception cref="LayoutException">The tensor cannot be cut so.</exception>
    public IReadOnlyList<(RankPlace Place, RankPart Part)> Owners(ModelTensor tensor)
    {
        Check(tensor);
        var owners = new List<(RankPlace, RankPart)>();
        var seen = new HashSet<(int, int, int)>();
        var parts = new List<RankPart>();
        foreach (var place in _modelRanks ??= [.. Grid.ModelRanks()])
        {
            if (!seen.Add(ShareOf(tensor, place))) { continue; }
            parts.Clear();
            AddParts(tensor, place, parts);
            foreach (var part in parts)
            {
                if (part.Role == PartRole.Main) { owners.Add((place, part)); }
            }
        }
        return owners;
    }

    /// <summary>The boxes a tensor is cut into, by ascending offset.</summary>
    /// <exception cref="LayoutException">The tensor cannot be cut so.</exception>
    public IReadOnlyList<Box> BoxesOf(ModelTensor tensor)
    {
        var boxes = Owners(tensor).SelectMany(static owner => owner.Part.Tensor.Boxes).Select(static box => box.Global).ToList();
        boxes.Sort(static (a, b) => a.Offset.SequenceCompareTo(b.Offset));
        return boxes;
    }

    void AddParts(ModelTensor tensor, RankPlace place, List<RankPart> parts)
    {
        var cutter = new TensorCutter(tensor, Grid.Sizes);
        if (!cutter.Holds(place)) { return; }
        for (var chunk = 0; chunk < Stages.Chunks; chunk++)
        {
            var part = Stages.At(place.Pipeline, chunk);
            switch (tensor.Place.Kind)
            {
                case PlaceKind.LayerStack:
                    foreach (var slot in part.Layers) { parts.Add(new RankPart(chunk, slot.Layer, slot.Local, PartRole.Main, cutter.Cut(place, slot.Layer))); }
                    break;
                case PlaceKind.Layer:
                    var (of, local) = Stages.Find(tensor.Place.Index);
                    if (of.Stage == place.Pipeline && of.Chunk == chunk) { parts.Add(new RankPart(chunk, tensor.Place.Index, local, PartRole.Main, cutter.Cut(place, 0))); }
                    break;
                default:
                    if (RoleIn(part, tensor.Place) is { } role) { parts.Add(new RankPart(chunk, -1, -1, role, cutter.Cut(place, 0))); }
                    break;
            }
        }
    }

    PartRole? RoleIn(StageChunk part, TensorPlace place) => place.Kind switch
    {
        PlaceKind.Embedding when part.Embedding => PartRole.Main,
        PlaceKind.Embedding when part.Mtp.Count > 0 => PartRole.MtpCopy,
        // A single stage shares the embedding itself.
        PlaceKind.Embedding when part.Loss && Stages.TiedEmbedding && Stages.Stages > 1 => PartRole.TiedCopy,
        PlaceKind.FirstStage when part.Embedding => PartRole.Main,
        PlaceKind.FinalNorm when part.FinalNorm => PartRole.Main,
        PlaceKind.Output when part.Loss => PartRole.Main,
        PlaceKind.Output when part.Mtp.Count > 0 => PartRole.MtpCopy,
        PlaceKind.Mtp when part.Mtp.Contains(place.Index) => PartRole.Main,
        _ => null,
    };

    /// <summary>Ranks of the same share hold the same elements.</summary>
    (int, int, int) ShareOf(ModelTensor tensor, RankPlace place) => tensor.Cut switch
    {
        { OfExperts: true, Kind: CutKind.Replicated } when !Grid.Sizes.ExpertsOverTensor => (place.Pipeline, place.Expert, 0),
        { OfExperts: true } => (place.Pipeline, place.Expert, place.ExpertTensor),
        { Kind: CutKind.Replicated } => (place.Pipeline, 0, 0),
        _ => (place.Pipeline, place.Tensor, 0),
    };

    static class Throw
    {
        [DoesNotReturn]
        internal static void NoMtp(ModelTensor tensor, int layers) => throw new LayoutException(
            "LAY-4.5", tensor.Name, $"is of multi-token-prediction layer {tensor.Place.Index}, the layout has {layers}, counted from 0");
    }
}
