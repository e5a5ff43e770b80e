using Ckpt.Inference.Descriptions;
using Ckpt.Torch;
using Ckpt.Trainer.Modeling.Functions;
using Ckpt.Trainer.Modeling.Kernels;
using static Ckpt.Torch.torch;

namespace Ckpt.Trainer.Modeling.Layers;

/// <summary>Attention with query, key and value projections; this rank's heads of it.</summary>
sealed class AttentionLayer(AttentionSizes sizes, CoreAttention core)
{
    internal required LinearLayer Input { get; init; }

    internal required LinearLayer Output { get; init; }

    internal Parameter? OutputBias { get; init; }

    internal Parameter? QueryNorm { get; init; }

    internal Parameter? KeyNorm { get; init; }

    internal RotaryKind? Rotary { get; init; }

    internal PositionScale? Scaling { get; init; }

    internal Tensor Forward(Pass pass, Tensor rows)
    {
        var fused = Heads(pass, Input.Forward(pass, pass.Regions.Enter(rows)));
        var angles = Rotary is null ? null : pass.Angles(Rotary);
        var shape = new QkvShape(pass.Batch, pass.Length, sizes.Groups, sizes.PerGroup, sizes.Dim);
        if (sizes.IsNormWide || sizes.Clip is not null) { fused = Normalised(pass, fused); }
        var function = new QkvFunction(shape, angles, sizes.Epsilon, sizes.Shift);
        var parted = QueryNorm is null || sizes.IsNormWide ? autograd.Apply(function, fused) : autograd.Apply(function, fused, QueryNorm.Value, KeyNorm!.Value);
        var queries = Scaling is null ? parted[0] : parted[0].mul(Scales(pass, Scaling, parted[0].dtype));
        var mixed = core.Forward(pass, queries, parted[1], parted[2]);
        var output = pass.Regions.Leave(Output.Forward(pass, mixed));
        return OutputBias is null ? output : output.add_(OutputBias.Value);
    }

    static Tensor Scales(Pass pass, PositionScale scaling, ScalarType type)
    {
        var scales = new float[pass.Rows];
        for (var row = 0; row < scales.Length; row++) { scales[row] = scaling.At((int)(pass.Positions?[row] ?? row % pass.Length)); }
        return tensor(scales, [pass.Batch, 1, pass.Length, 1]).to(type);
    }

    // Where there are fewer groups than ranks, each has a part of a group's rows: all are gathered, and each takes its heads with their keys.
    Tensor Heads(Pass pass, Tensor fused)
    {
        if (sizes.RanksPerGroup == 1) { return fused; }
        var all = pass.Regions.GatherColumns(fused).view(pass.Rows, sizes.AllGroups, -1, sizes.Dim);
        var (group, part) = (pass.Regions.Rank / sizes.RanksPerGroup, pass.Regions.Rank % sizes.RanksPerGroup);
        var mine = all.select(1, group);
        return cat([mine.narrow(1, part * sizes.PerGroup, sizes.PerGroup), mine.narrow(1, mine.shape[1] - 2, 2)], 1).reshape(pass.Rows, -1);
    }

    // Norms over all heads of a token, and clipping: what the fused kernel does not do.
    Tensor Normalised(Pass pass, Tensor fused)
    {
        var grouped = fused.view(pass.Rows, sizes.Groups, sizes.PerGroup + 2, sizes.Dim);
        var queries = Wide(pass, grouped.narrow(2, 0, sizes.PerGroup), QueryNorm);
        var keys = Wide(pass, grouped.narrow(2, sizes.PerGroup, 1), KeyNorm);
        var values = grouped.narrow(2, sizes.PerGroup + 1, 1);
        var all = cat([queries, keys, values], 2);
        return (sizes.Clip is { } clip ? all.clamp(-clip, clip) : all).view(pass.Rows, -1);
    }

    Tensor Wide(Pass pass, Tensor heads, Parameter? norm)
    {
        if (norm is null || !sizes.IsNormWide) { return heads; }
        var mine = heads.reshape(pass.Rows, -1);
        var all = pass.Regions.GatherColumns(mine);
        var normal = new NormLayer(norm, sizes.Epsilon, sizes.Shift).Forward(all);
        return normal.narrow(1, pass.Regions.Rank * mine.shape[1], mine.shape[1]).reshape(pass.Rows, heads.shape[1], heads.shape[2], sizes.Dim);
    }
}
