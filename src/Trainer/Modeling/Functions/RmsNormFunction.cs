using Ckpt.Torch;
using Ckpt.Trainer.Modeling.Kernels;
using static Ckpt.Torch.torch;

namespace Ckpt.Trainer.Modeling.Functions;

/// <summary>Root-mean-square norm of rows: of (rows, weight).</summary>
sealed class RmsNormFunction(float epsilon, float shift) : IAutogradFunction
{
    public Tensor[] Forward(AutogradContext context, Tensor[] inputs)
    {
        var (rows, weight) = (inputs[0].contiguous(), inputs[1]);
        context.Save(rows, weight);
        var output = empty(rows.shape, rows.dtype);
        var width = (int)weight.numel();
        if (rows.dtype == ScalarType.BFloat16) { RmsNormKernel.Forward<BFloat16Element>(rows.data_ptr(), weight.data_ptr(), output.data_ptr(), rows.numel() / width, width, epsilon, shift); }
        else { RmsNormKernel.Forward<SingleElement>(rows.data_ptr(), weight.data_ptr(), output.data_ptr(), rows.numel() / width, width, epsilon, shift); }
        return [output];
    }

    public Tensor?[] Backward(AutogradContext context, Tensor?[] gradients)
    {
        var (rows, weight, given) = (context.Saved[0]!, context.Saved[1]!, gradients[0]!.contiguous());
        var width = (int)weight.numel();
        var input = empty(rows.shape, rows.dtype);
        var factor = context.NeedsGradient(1) ? empty(weight.shape, weight.dtype) : null;
        var target = factor?.data_ptr() ?? 0;
        var count = rows.numel() / width;
        if (rows.dtype == ScalarType.BFloat16) { RmsNormKernel.Backward<BFloat16Element>(rows.data_ptr(), weight.data_ptr(), given.data_ptr(), input.data_ptr(), target, count, width, epsilon, shift); }
        else { RmsNormKernel.Backward<SingleElement>(rows.data_ptr(), weight.data_ptr(), given.data_ptr(), input.data_ptr(), target, count, width, epsilon, shift); }
        return [input, factor];
    }
}
