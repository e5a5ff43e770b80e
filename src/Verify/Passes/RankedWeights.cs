using Ckpt.Formats.Tensors;
using Ckpt.Inference.Weights;
using Ckpt.Models.Configs;
using Ckpt.Models.Megatron.Ranks;
using Ckpt.Models.Opening;
using Ckpt.Sharding.Layouts;
using Ckpt.Verify.Comparing;

namespace Ckpt.Verify.Passes;

/// <summary>
/// A model's weights as its ranks compute with them: what each tensor rank makes of its own files by the rules of a smaller model, one rank's behind the
/// other's; products over an axis that ranks share are summed up in their order (VER-3.1).
/// </summary>
public sealed class RankedWeights : IWeightSource
{
    readonly CheckpointWeights[] _columns;
    readonly Dictionary<string, SharedWeight> _weights = new(StringComparer.Ordinal);

    RankedWeights(ModelCheckpoint whole, RankedModel ranks)
    {
        Where = whole.Reader.Path;
        var sizes = ranks.Layout.Grid.Sizes;
        var maps = ranks.Columns.Select(CanonicalNames.Of).ToArray();
        _columns = [.. ranks.Columns.Zip(maps, static (column, map) => new CheckpointWeights(new LogicalSide(column.Reader, map).Named))];
        foreach (var tensor in CanonicalNames.Of(whole).Right.Tensors)
        {
            var isOfExperts = tensor.Name.Contains(".experts.", StringComparison.Ordinal);
            var ways = isOfExperts ? sizes.ExpertCuts : sizes.Tensor;
            var shapes = _columns.Take(ways).Select(column => column.ShapeOf(tensor.Name)!.Value).ToArray();
            _weights.Add(tensor.Name, SharedWeight.Of(tensor.Name, tensor.StoredShape, shapes, Sections(tensor.Name, whole.Side.Config.Model, ranks.Columns[0].Side.Config.Model)));
        }
    }

    /// <summary>The weights of a Megatron checkpoint under a layout; reads no tensor data.</summary>
    /// <param name="model">The checkpoint; stays its owner's.</param>
    /// <param name="layout">How it lies on ranks, or could.</param>
    /// <exception cref="Formats.CheckpointException">The model cannot be split so, or its tensors are not those of its config.</exception>
    public static RankedWeights Of(ModelCheckpoint model, ParallelLayout layout) => new(model, RankedModel.Of(model, layout));

    public string Where { get; }

    public Shape? ShapeOf(string name) => _weights.TryGetValue(name, out var weight) ? weight.Shape : null;

    public SharedAxis SharedOver(string name) => _weights[name].Shared;

    public void Read(string name, Box region, Span<float> target)
    {
        var weight = _weights[name];
        var (axis, inner) = (weight.Shared.Axis, 1L);
        for (var i = axis + 1; i < region.Rank; i++) { inner *= region.Size[i]; }
        var outer = region.Rank == 0 || region.Size[axis] == 0 ? 0 : target.Length / (inner * region.Size[axis]);
        foreach (var segment in weight.Segments)
        {
            var first = Math.Max(segment.First, region.Rank == 0 ? 0 : region.Offset[axis]);
            var count = Math.Min(segment.First + segment.Count, region.Rank == 0 ? 1 : region.Offset[axis] + region.Size[axis]) - first;
            if (count <= 0) { continue; }
            if (region.Rank == 0) { _columns[segment.Column].Read(name, region, target); return; }
            var (offset, size) = (region.Offset.ToArray(), region.Size.ToArray());
            (offset[axis], size[axis]) = (segment.Own + (first - segment.First), count);
            var (width, row) = ((int)(count * inner), (int)(region.Size[axis] * inner));
            var at = (int)((first - region.Offset[axis]) * inner);
            if (outer == 1) { _columns[segment.Column].Read(name, new Box(offset, size), target.Slice(at, width)); continue; }
            var part = new float[outer * width];
            _columns[segment.Column].Read(name, new Box(offset, size), part);
            for (var i = 0; i < outer; i++) { part.AsSpan(i * width, width).CopyTo(target[((i * row) + at)..]); }
        }
    }

    /// <summary>Parts of a fused tensor of Hugging Face's, of each of which every rank has its own: their sizes in the whole and in a rank's; null: it is one part.</summary>
    static (long Whole, long Own)[]? Sections(string name, ModelConfig whole, ModelConfig own)
    {
        (long, long) Of(Func<ModelConfig, long> size) => (size(whole), size(own));
        if (name.Contains(".self_attn.qkv_proj.", StringComparison.Ordinal)) { return [Of(static m => m.Heads * m.HeadDim), Of(static m => m.KvGroups * m.HeadDim), Of(static m => m.KvGroups * m.HeadDim)]; }
        if (whole.DeltaNet is not null && (name.EndsWith(".linear_attn.in_proj_qkv.weight", StringComparison.Ordinal) || name.EndsWith(".linear_attn.conv1d.weight", StringComparison.Ordinal)))
        {
            var keys = Of(static m => m.DeltaNet!.KeyHeads * m.DeltaNet.KeyDim);
            return [keys, keys, Of(static m => m.DeltaNet!.ValueHeads * m.DeltaNet.ValueDim)];
        }
        // gpt-oss' gate and up rows take turns, so that a rank's lie together.
        if (!name.Contains(".gate_up_proj", StringComparison.Ordinal) || whole.ModelType == "gpt_oss") { return null; }
        var half = name.Contains(".experts.", StringComparison.Ordinal) ? Of(static m => m.MoeFfn) : name.Contains("shared_expert", StringComparison.Ordinal) ? Of(static m => m.SharedFfn) : Of(static m => m.Ffn);
        return [half, half];
    }
}
