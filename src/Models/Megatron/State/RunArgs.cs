using Ckpt.Formats.Torch;
using Ckpt.Sharding.Layouts;
using static Ckpt.Models.Megatron.PickleValues;

namespace Ckpt.Models.Megatron.State;

/// <summary>Rewrites the attributes of a run's <c>args</c> for the run that will load the checkpoint (STA-4.5).</summary>
static class RunArgs
{
    /// <summary>The common state with changed args; where it has none, as it is.</summary>
    internal static PickleDict Edit(PickleDict common, Func<PickleDict, PickleDict> change)
    {
        switch (common.Find("args"))
        {
            case PickleDict dict: return common.With("args", change(dict));
            case PickleObject { Attributes: { } attributes } made:
                var copy = new PickleObject(made.Construction, made.Callable, made.Args, made.KeywordArgs);
                copy.States.Add(change(attributes));
                copy.States.AddRange(made.States.Skip(1));
                return common.With("args", copy);
            default: return common;
        }
    }

    internal static PickleDict WithSizes(PickleDict args, ParallelSizes given)
    {
        var sizes = given.Resolve();
        args = args
            .With("tensor_model_parallel_size", Of(sizes.Tensor))
            .With("pipeline_model_parallel_size", Of(sizes.Pipeline))
            .With("virtual_pipeline_model_parallel_size", OrNone(sizes.VirtualPipeline > 1 ? sizes.VirtualPipeline : null))
            .With("context_parallel_size", Of(sizes.Context))
            .With("expert_model_parallel_size", Of(sizes.Expert))
            .With("expert_tensor_parallel_size", Of(sizes.ExpertTensorSize))
            .With("world_size", Of(sizes.World!.Value))
            .With("data_parallel_size", Of(sizes.Data!.Value));
        // How layers were dealt out to other stages; a run that wants it so says so.
        foreach (var stages in (string[])["decoder_first_pipeline_num_layers", "decoder_last_pipeline_num_layers", "pipeline_model_parallel_layout", "num_layers_per_virtual_pipeline_stage"])
        {
            if (args.Find(stages) is not null) { args = args.With(stages, None); }
        }
        return sizes.Tensor == 1 && args.Find("sequence_parallel") is not null ? args.With("sequence_parallel", Of(false)) : args;
    }

    internal static PickleDict WithOptimizer(PickleDict args, OptimizerTarget target)
    {
        args = args.With("no_save_optim", Of(target == OptimizerTarget.Dropped));
        if (target == OptimizerTarget.Dropped) { return args; }
        args = args.With("use_distributed_optimizer", Of(target == OptimizerTarget.FullyReshardable));
        return args.Find("dist_ckpt_optim_fully_reshardable") is null ? args : args.With("dist_ckpt_optim_fully_reshardable", Of(target == OptimizerTarget.FullyReshardable));
    }
}
