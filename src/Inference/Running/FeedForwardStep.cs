using Ckpt.Inference.Descriptions;
using Ckpt.Inference.Kernels;

namespace Ckpt.Inference.Running;

/// <summary>A gated feed-forward layer.</summary>
static class FeedForwardStep
{
    internal static RowMatrix Run(PassContext context, MlpKind kind, RowMatrix inputs)
    {
        if (context.MultiplyAll(inputs, kind.Gate, kind.Up) is not [var gate, var up]) { throw new System.Diagnostics.UnreachableException(); }
        context.EachRow(gate, row => Activations.Gate(kind.Activation, gate[row], up[row]));
        return context.Multiply(kind.Down, gate);
    }
}
