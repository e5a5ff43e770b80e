using Ckpt.Torch;
using Ckpt.Trainer.Modeling.Kernels;
using static Ckpt.Torch.torch;

namespace Ckpt.Trainer.Modeling.Functions;

/// <summary>Rows in another order, any number of times each: of (rows).</summary>
sealed class RowGatherFunction(RowGather gather) : IAutogradFunction
{
    public Tensor[] Forward(AutogradContext context, Tensor[] inputs)
    {
        var rows = inputs[0].contiguous();
        var output = empty([gather.Outputs, rows.size(1)], rows.dtype);
        gather.Gather(rows.data_ptr(), output.data_ptr(), rows.size(1) * rows.ElementSize);
        return [output];
    }

    public Tensor?[] Backward(AutogradContext context, Tensor?[] gradients)
    {
        var gradient = gradients[0]!.contiguous();
        var output = empty([gather.Inputs, gradient.size(1)], gradient.dtype);
        if (gradient.dtype == ScalarType.BFloat16) { gather.Add<BFloat16Element>(gradient.data_ptr(), output.data_ptr(), (int)gradient.size(1)); }
        else { gather.Add<SingleElement>(gradient.data_ptr(), output.data_ptr(), (int)gradient.size(1)); }
        return [output];
    }
}
