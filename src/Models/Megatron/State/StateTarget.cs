using Ckpt.Formats.Megatron;
using Ckpt.Formats.Torch;
using Ckpt.Models.Megatron.Optimizer;
using Ckpt.Sharding.Layouts;
using static Ckpt.Models.Megatron.PickleValues;

namespace Ckpt.Models.Megatron.State;

/// <summary>Rewrites the common state for the target (STA-4.3 to STA-4.7): optimizer groups, content metadata, args; all else is carried.</summary>
static class StateTarget
{
    /// <summary>The common state and the storages of tensors in it.</summary>
    /// <param name="source">The checkpoint.</param>
    /// <param name="options">What is wanted.</param>
    /// <param name="saved">The sizes it was saved under.</param>
    /// <param name="found">How its optimizer state is stored.</param>
    /// <param name="halfPrecision">Whether the model's tensors are narrower than its optimizer's.</param>
    /// <param name="notes">Where to say what the user should know of.</param>
    internal static (PickleDict Common, IReadOnlyList<ReadOnlyMemory<byte>> Storages) Common(
        IMegatronReader source, StateOptions options, ParallelSizes saved, OptimizerForm found, bool halfPrecision, List<string> notes)
    {
        var storages = new List<ReadOnlyMemory<byte>>(source.CommonStorages);
        var common = source.Common ?? new PickleDict();
        var target = found == OptimizerForm.None ? OptimizerTarget.Dropped : options.Optimizer;
        if (target == OptimizerTarget.Dropped)
        {
            common = common.Without(options.Optimizer == OptimizerTarget.Dropped ? ["optimizer", "opt_param_scheduler", "lr_scheduler"] : ["optimizer"]);
        }
        else
        {
            var optimizers = SubOptimizerReader.Read(source, storages);
            if (options.Sizes is { } sizes && HasExperts(source)) { optimizers = SubOptimizer.ForExperts(optimizers, apart: sizes.Expert > 1); }
            if (optimizers.Count == 0) { notes.Add("the checkpoint keeps no param groups beside its optimizer state; Megatron will want --finetune or --no-load-optim"); }
            else { common = common.With("optimizer", CommonOptimizer.Make(optimizers, target, halfPrecision)); }
            if (optimizers.Any(static one => one.AnyStep() is null)) { notes.Add("the optimizer's step is noted nowhere; Adam's bias correction will begin anew"); }
        }
        common = ContentMetadata(common, target).Without("rng_state");
        if (!StateObjects.IsSameRun(saved, options.Sizes)) { common = common.Without("rerun_state_machine"); }
        if (options.Iteration is { } iteration) { common = common.With("iteration", Of(iteration)); }
        common = RunArgs.Edit(common, args => Args(args, options, target));
        return (common, storages);
    }

    static PickleDict Args(PickleDict args, StateOptions options, OptimizerTarget target)
    {
        if (options.Sizes is { } sizes) { args = RunArgs.WithSizes(args, sizes); }
        if (options.Iteration is { } iteration && args.Find("iteration") is not null) { args = args.With("iteration", Of(iteration)); }
        if (options.PaddedVocab is { } rows) { args = args.With("padded_vocab_size", Of(rows)); }
        if (options.DropRng) { args = args.With("no_save_rng", Of(true)); }
        return RunArgs.WithOptimizer(args, target);
    }

    /// <summary>Source: Megatron-LM training/checkpointing.py _build_sharded_state_dict_metadata.</summary>
    internal static PickleDict ContentMetadata(PickleDict common, OptimizerTarget target)
    {
        const string Key = "content_metadata";
        const string Kind = "distrib_optim_sharding_type";
        const string Lean = "distrib_optim_fully_reshardable_mem_efficient";
        var content = (common.Find(Key) as PickleDict ?? new PickleDict().Add("singleton_local_shards", Of(false))).Without(Lean);
        content = target == OptimizerTarget.FullyReshardable ? content.With(Kind, Of("fully_reshardable")).Add(Lean, Of(false)) : content.Without(Kind);
        return common.With(Key, content.With("chained_optim_avoid_prefix", Of(true)));
    }

    static bool HasExperts(IMegatronReader source) => source.Tensors.Any(static t => t.Name.Contains(".experts.", StringComparison.Ordinal));
}
