using Ckpt.Inference.Descriptions;
using Ckpt.Inference.Kernels;

namespace Ckpt.Inference.Running;

/// <summary>Attention of rows to what is before them in their sequence.</summary>
static class AttentionStep
{
    internal static RowMatrix Run(PassContext context, AttentionKind kind, int layer, RowMatrix inputs)
    {
        if (context.MultiplyAll(inputs, kind.Query, kind.Key, kind.Value) is not [var queries, var keys, var values]) { throw new System.Diagnostics.UnreachableException(); }
        RowMatrix? gates = null;
        if (kind.IsGated) { (queries, gates) = Split(queries, kind); }
        Normalise(context, kind, queries, keys);
        if (kind.Clip is { } clip)
        {
            foreach (var rows in new[] { queries, keys, values }) { Clamp(rows.Values, clip); }
        }
        if (kind.Rotary is { } rotary)
        {
            var angles = context.Angles(rotary);
            context.EachRow(queries, row =>
            {
                Turn(angles, row, queries, kind.HeadDim);
                Turn(angles, row, keys, kind.HeadDim);
            });
        }
        if (kind.Norm == HeadNorm.Plain)
        {
            Norms.RootMeanSquare(queries.Values, kind.HeadDim, context.Model.NormEpsilon);
            Norms.RootMeanSquare(keys.Values, kind.HeadDim, context.Model.NormEpsilon);
        }
        if (kind.PositionScale is { } scale) { ScaleByPosition(context, scale, queries); }
        var sinks = kind.Sinks is null ? null : context.Vector(kind.Sinks, kind.Heads);
        var heads = new HeadsKind(kind.Heads, kind.Groups, kind.HeadDim, kind.HeadDim, kind.Scale, kind.Window, kind.ScoreCap, sinks) { Chunk = kind.Chunk };
        var mixed = ScoredHeads.Run(context, heads, layer, queries, keys, values);
        if (gates is not null)
        {
            context.EachRow(mixed, row => Activations.MultiplyBySigmoid(mixed[row], gates[row]));
        }
        return context.Multiply(kind.Output, mixed);
    }

    static void Normalise(PassContext context, AttentionKind kind, RowMatrix queries, RowMatrix keys)
    {
        if (kind.Norm is HeadNorm.None or HeadNorm.Plain) { return; }
        var isWide = kind.Norm == HeadNorm.Wide;
        context.Normalise(kind.QueryNorm!, queries, isWide ? queries.Width : kind.HeadDim, context.Model.NormEpsilon);
        context.Normalise(kind.KeyNorm!, keys, isWide ? keys.Width : kind.HeadDim, context.Model.NormEpsilon);
    }

    static void Turn(RotaryAngles angles, int row, RowMatrix rows, int dim)
    {
        for (var heads = rows[row]; heads.Length > 0; heads = heads[dim..]) { angles.Turn(row, heads[..dim]); }
    }

    static void ScaleByPosition(PassContext context, PositionScale scale, RowMatrix queries)
    {
        foreach (var sequence in context.Sequences)
        {
            for (var i = 0; i < sequence.Count; i++) { Lanes.Scale(queries[sequence.First + i], scale.At(sequence.Start + i)); }
        }
    }

    static void Clamp(Span<float> values, float limit)
    {
        for (var i = 0; i < values.Length; i++) { values[i] = Math.Clamp(values[i], -limit, limit); }
    }

    // Head by head a query and its gate.
    static (RowMatrix Queries, RowMatrix Gates) Split(RowMatrix both, AttentionKind kind)
    {
        var (dim, width) = (kind.HeadDim, kind.Heads * kind.HeadDim);
        var (queries, gates) = (new RowMatrix(both.Count, width), new RowMatrix(both.Count, width));
        for (var head = 0; head < both.Count * kind.Heads; head++)
        {
            var pair = both.Values.AsSpan(head * 2 * dim, 2 * dim);
            pair[..dim].CopyTo(queries.Values.AsSpan(head * dim));
            pair[dim..].CopyTo(gates.Values.AsSpan(head * dim));
        }
        return (queries, gates);
    }
}
