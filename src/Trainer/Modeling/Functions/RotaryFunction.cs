using Ckpt.Torch;
using Ckpt.Trainer.Modeling.Kernels;
using static Ckpt.Torch.torch;

namespace Ckpt.Trainer.Modeling.Functions;

/// <summary>Turns a part of each head: of (rows, heads, elements).</summary>
sealed class RotaryFunction(RotaryTable angles, int first) : IAutogradFunction
{
    public Tensor[] Forward(AutogradContext context, Tensor[] inputs) => [Turn(inputs[0], back: false)];

    public Tensor?[] Backward(AutogradContext context, Tensor?[] gradients) => [gradients[0] is { } gradient ? Turn(gradient, back: true) : null];

    Tensor Turn(Tensor heads, bool back)
    {
        var whole = heads.contiguous();
        var output = empty(whole.shape, whole.dtype);
        var (rows, count, width) = (whole.size(0), (int)whole.size(1), (int)whole.size(2));
        if (whole.dtype == ScalarType.BFloat16) { RotaryKernel.Turn<BFloat16Element>(whole.data_ptr(), output.data_ptr(), rows, count, width, first, angles, back); }
        else { RotaryKernel.Turn<SingleElement>(whole.data_ptr(), output.data_ptr(), rows, count, width, first, angles, back); }
        return output;
    }
}
