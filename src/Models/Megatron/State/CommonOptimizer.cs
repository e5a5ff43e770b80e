using Ckpt.Formats.Torch;
using static Ckpt.Models.Megatron.PickleValues;

namespace Ckpt.Models.Megatron.State;

/// <summary>Makes the common state's entry <c>optimizer</c> (STA-4.3). Source: Megatron-LM core/optimizer/{distrib_optimizer,optimizer}.py.</summary>
static class CommonOptimizer
{
    /// <summary>One optimizer as it is, several by number.</summary>
    /// <param name="optimizers">At least one.</param>
    /// <param name="target">For which kind of optimizer.</param>
    /// <param name="halfPrecision">Whether the model is of bfloat16 or float16, so that there are parameters of full precision besides.</param>
    internal static PickleNode Make(IReadOnlyList<SubOptimizer> optimizers, OptimizerTarget target, bool halfPrecision)
    {
        if (optimizers.Count == 1) { return One(optimizers[0], target, halfPrecision); }
        var chained = new PickleDict();
        for (var i = 0; i < optimizers.Count; i++) { chained.Items.Add(new(Of(i), One(optimizers[i], target, halfPrecision))); }
        return chained;
    }

    static PickleDict One(SubOptimizer optimizer, OptimizerTarget target, bool halfPrecision)
    {
        var inner = new PickleDict().Add("param_groups", PickleEdits.List(optimizer.GroupsWithSteps()));
        if (target == OptimizerTarget.NonDistributed)
        {
            inner.Add("state", optimizer.AnyStep() is { } step ? new PickleDict().Add("common_step", step) : new PickleDict());
            if (!halfPrecision) { return inner; }
        }
        var made = new PickleDict().Add("optimizer", inner);
        if (target == OptimizerTarget.NonDistributed) { made.Add("fp32_from_fp16_params", new PickleDict()); }
        if (optimizer.GradScaler is { } scaler) { made.Add("grad_scaler", scaler); }
        return target == OptimizerTarget.FullyReshardable ? made.Add("param_state_sharding_type", Of("fully_reshardable")) : made;
    }
}
