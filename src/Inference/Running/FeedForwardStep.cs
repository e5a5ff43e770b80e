using Ckpt.Inference.Descriptions;
using Ckpt.Inference.Kernels;

namespace Ckpt.Inference.Running;

/// <summary>A gated feed-forward layer.</summary>
static class FeedForwardStep
{
    internal static RowMatrix Run(PassContext context, MlpKind kind, RowMatrix inputs)
    {
        var gate = context.Multiply(kind.Gate, inputs);
        var up = context.Multiply(kind.Up, inputs);
        Activations.Gate(kind.Activation, gate.Values, up.Values);
        return context.Multiply(kind.Down, gate);
    }
}
