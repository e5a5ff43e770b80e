using Ckpt.Torch;

namespace Ckpt.Trainer.Parallel;

/// <summary>A function of one tensor that keeps nothing for its gradient.</summary>
sealed class RegionFunction(Func<Tensor, Tensor> forward, Func<Tensor, Tensor> backward) : IAutogradFunction
{
    public Tensor[] Forward(AutogradContext context, Tensor[] inputs) => [forward(inputs[0])];

    public Tensor?[] Backward(AutogradContext context, Tensor?[] gradients) => [gradients[0] is { } gradient ? backward(gradient) : null];
}
