using Ckpt.Inference.Kernels;
using Ckpt.Torch;
using Ckpt.Trainer.Modeling.Kernels;
using static Ckpt.Torch.torch;

namespace Ckpt.Trainer.Modeling.Functions;

/// <summary>A gated activation: of rows [gate, up].</summary>
sealed class GateFunction(Activation activation) : IAutogradFunction
{
    public Tensor[] Forward(AutogradContext context, Tensor[] inputs)
    {
        var rows = inputs[0].contiguous();
        context.Save(rows);
        var (count, width) = (rows.size(0), (int)rows.size(1) / 2);
        var output = empty([count, width], rows.dtype);
        if (rows.dtype == ScalarType.BFloat16) { GateKernel.Forward<BFloat16Element>(activation, rows.data_ptr(), output.data_ptr(), count, width); }
        else { GateKernel.Forward<SingleElement>(activation, rows.data_ptr(), output.data_ptr(), count, width); }
        return [output];
    }

    public Tensor?[] Backward(AutogradContext context, Tensor?[] gradients)
    {
        var (rows, gradient) = (context.Saved[0]!, gradients[0]!.contiguous());
        var output = empty(rows.shape, rows.dtype);
        var (count, width) = (rows.size(0), (int)rows.size(1) / 2);
        if (rows.dtype == ScalarType.BFloat16) { GateKernel.Backward<BFloat16Element>(activation, rows.data_ptr(), gradient.data_ptr(), output.data_ptr(), count, width); }
        else { GateKernel.Backward<SingleElement>(activation, rows.data_ptr(), gradient.data_ptr(), output.data_ptr(), count, width); }
        return [output];
    }
}
