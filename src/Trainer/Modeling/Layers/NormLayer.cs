using Ckpt.Torch;
using Ckpt.Trainer.Modeling.Functions;
using static Ckpt.Torch.torch;

namespace Ckpt.Trainer.Modeling.Layers;

/// <summary>A root-mean-square norm of rows.</summary>
sealed class NormLayer(Parameter weight, float epsilon, float shift)
{
    internal Tensor Forward(Tensor rows) => autograd.Apply(new RmsNormFunction(epsilon, shift), rows, weight.Value)[0];
}
