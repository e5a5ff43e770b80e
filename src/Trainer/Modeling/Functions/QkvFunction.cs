using Ckpt.Torch;
using Ckpt.Trainer.Modeling.Kernels;
using static Ckpt.Torch.torch;

namespace Ckpt.Trainer.Modeling.Functions;

/// <summary>Queries, keys and values, normalised and turned: of (fused rows), or of (fused rows, weights of the queries' norm, of the keys').</summary>
sealed class QkvFunction(QkvShape shape, RotaryTable? angles, float epsilon, float shift) : IAutogradFunction
{
    public Tensor[] Forward(AutogradContext context, Tensor[] inputs)
    {
        var fused = inputs[0].contiguous();
        var type = fused.dtype;
        if (inputs.Length > 1) { context.Save(fused, inputs[1], inputs[2]); }
        var norms = inputs.Length > 1 ? Norms(inputs[1], inputs[2]) : default;
        var queries = empty([shape.Batch, shape.Heads, shape.Length, shape.Dim], type);
        var keys = empty([shape.Batch, shape.Groups, shape.Length, shape.Dim], type);
        var values = empty([shape.Batch, shape.Groups, shape.Length, shape.Dim], type);
        if (type == ScalarType.BFloat16) { QkvKernel.Forward<BFloat16Element>(shape, fused.data_ptr(), norms, angles, queries.data_ptr(), keys.data_ptr(), values.data_ptr()); }
        else { QkvKernel.Forward<SingleElement>(shape, fused.data_ptr(), norms, angles, queries.data_ptr(), keys.data_ptr(), values.data_ptr()); }
        return [queries, keys, values];
    }

    public Tensor?[] Backward(AutogradContext context, Tensor?[] gradients)
    {
        var type = gradients.First(static gradient => gradient is not null)!.dtype;
        var (queries, keys, values) = (Whole(gradients[0], shape.Heads, type), Whole(gradients[1], shape.Groups, type), Whole(gradients[2], shape.Groups, type));
        var target = empty([shape.Rows, shape.Width], type);
        var hasNorms = context.Saved.Length > 0;
        var norms = hasNorms ? Norms(context.Saved[1]!, context.Saved[2]!) : default;
        var fused = hasNorms ? context.Saved[0]!.data_ptr() : 0;
        var queryNorm = hasNorms && context.NeedsGradient(1) ? empty([shape.Dim], type) : null;
        var keyNorm = hasNorms && context.NeedsGradient(2) ? empty([shape.Dim], type) : null;
        var (queryTarget, keyTarget) = (queryNorm?.data_ptr() ?? 0, keyNorm?.data_ptr() ?? 0);
        if (type == ScalarType.BFloat16)
        {
            QkvKernel.Backward<BFloat16Element>(shape, fused, norms, angles, queries.data_ptr(), keys.data_ptr(), values.data_ptr(), target.data_ptr(), queryTarget, keyTarget);
        }
        else { QkvKernel.Backward<SingleElement>(shape, fused, norms, angles, queries.data_ptr(), keys.data_ptr(), values.data_ptr(), target.data_ptr(), queryTarget, keyTarget); }
        return hasNorms ? [target, queryNorm, keyNorm] : [target];
    }

    QkvNorms Norms(Tensor query, Tensor key) => new(query.data_ptr(), key.data_ptr(), epsilon, shift);

    Tensor Whole(Tensor? gradient, int heads, ScalarType type) => gradient?.contiguous() ?? zeros([shape.Batch, heads, shape.Length, shape.Dim], type);
}
