using Ckpt.Inference.Descriptions;
using Ckpt.Inference.Kernels;

namespace Ckpt.Inference.Running;

/// <summary>A layer of experts: only those some row is sent to are read.</summary>
static class ExpertsStep
{
    internal static RowMatrix Run(PassContext context, ExpertsKind kind, RowMatrix inputs)
    {
        var sums = new RowMatrix(inputs.Count, inputs.Width);
        var sent = Send(context, kind.Router, inputs);
        for (var expert = 0; expert < sent.Length; expert++)
        {
            if (sent[expert] is not { } rows) { continue; }
            var given = new RowMatrix(rows.Count, inputs.Width);
            for (var i = 0; i < rows.Count; i++)
            {
                inputs[rows[i].Row].CopyTo(given[i]);
                if (kind.WeighsInputs) { Lanes.Scale(given[i], rows[i].Weight); }
            }
            var made = FeedForwardStep.Run(context, kind.Expert(expert), given);
            for (var i = 0; i < rows.Count; i++) { Lanes.AddScaled(sums[rows[i].Row], made[i], kind.WeighsInputs ? 1 : rows[i].Weight); }
        }
        if (kind.Shared is { } shared) { AddShared(context, kind, FeedForwardStep.Run(context, shared, inputs), inputs, sums); }
        return sums;
    }

    static void AddShared(PassContext context, ExpertsKind kind, RowMatrix made, RowMatrix inputs, RowMatrix sums)
    {
        var gate = kind.SharedGate is null ? null : context.Vector(kind.SharedGate, inputs.Width);
        for (var row = 0; row < made.Count; row++) { Lanes.AddScaled(sums[row], made[row], gate is null ? 1 : Activations.Sigmoid(Lanes.Dot(gate, inputs[row]))); }
    }

    /// <summary>For each expert the rows it gets, in order, and their weights; null where it gets none.</summary>
    static List<(int Row, float Weight)>?[] Send(PassContext context, RouterKind router, RowMatrix inputs)
    {
        var scores = context.Multiply(router.Weight, inputs);
        var bias = router.ChoiceBias is null ? null : context.Vector(router.ChoiceBias, router.Experts);
        var sent = new List<(int, float)>?[router.Experts];
        for (var row = 0; row < scores.Count; row++)
        {
            foreach (var (expert, weight) in Routing.Choose(router, scores[row], bias)) { (sent[expert] ??= []).Add((row, weight)); }
        }
        return sent;
    }
}
