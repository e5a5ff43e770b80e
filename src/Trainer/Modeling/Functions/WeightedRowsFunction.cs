using Ckpt.Torch;
using Ckpt.Trainer.Modeling.Kernels;
using static Ckpt.Torch.torch;

namespace Ckpt.Trainer.Modeling.Functions;

/// <summary>Sums of rows with weights: of (rows, weights [sums, each] in float32).</summary>
/// <param name="slots">For each weight its row; each row has one.</param>
/// <param name="each">Rows a sum.</param>
sealed class WeightedRowsFunction(int[] slots, int each) : IAutogradFunction
{
    public Tensor[] Forward(AutogradContext context, Tensor[] inputs)
    {
        var (rows, weights) = (inputs[0].contiguous(), inputs[1].contiguous());
        context.Save(rows, weights);
        var width = (int)rows.size(1);
        var output = empty([slots.Length / each, width], rows.dtype);
        if (rows.dtype == ScalarType.BFloat16) { WeightedRows.Forward<BFloat16Element>(rows.data_ptr(), weights.data_ptr(), slots, output.data_ptr(), width, each); }
        else { WeightedRows.Forward<SingleElement>(rows.data_ptr(), weights.data_ptr(), slots, output.data_ptr(), width, each); }
        return [output];
    }

    public Tensor?[] Backward(AutogradContext context, Tensor?[] gradients)
    {
        var (rows, weights, gradient) = (context.Saved[0]!, context.Saved[1]!, gradients[0]!.contiguous());
        var width = (int)rows.size(1);
        var (rowGradient, weightGradient) = (empty(rows.shape, rows.dtype), empty(weights.shape, weights.dtype));
        if (rows.dtype == ScalarType.BFloat16)
        {
            WeightedRows.Backward<BFloat16Element>(rows.data_ptr(), weights.data_ptr(), slots, gradient.data_ptr(), rowGradient.data_ptr(), weightGradient.data_ptr(), width, each);
        }
        else { WeightedRows.Backward<SingleElement>(rows.data_ptr(), weights.data_ptr(), slots, gradient.data_ptr(), rowGradient.data_ptr(), weightGradient.data_ptr(), width, each); }
        return [rowGradient, weightGradient];
    }
}
