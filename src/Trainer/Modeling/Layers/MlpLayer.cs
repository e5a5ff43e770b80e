using Ckpt.Inference.Kernels;
using Ckpt.Torch;
using Ckpt.Trainer.Modeling.Functions;
using static Ckpt.Torch.torch;

namespace Ckpt.Trainer.Modeling.Layers;

/// <summary>A gated feed-forward layer, or an expert: this rank's part of its width.</summary>
sealed class MlpLayer(LinearLayer first, LinearLayer second, Activation activation)
{
    /// <summary>Added to this rank's part.</summary>
    internal Parameter? Bias { get; init; }

    /// <summary>This rank's part of the outputs, of rows that have entered the region.</summary>
    internal Tensor Forward(Pass pass, Tensor rows)
    {
        var output = second.Forward(pass, autograd.Apply(new GateFunction(activation), first.Forward(pass, rows))[0]);
        return Bias is null ? output : output.add_(Bias.Value);
    }
}
