using Ckpt.Formats;
using Ckpt.Formats.Torch;
using Ckpt.Models.Configs;
using static Ckpt.Models.Megatron.PickleValues;

namespace Ckpt.Models.Megatron.State;

/// <summary>Writes and reads a run's common state as Megatron's distributed optimizer keeps it with <c>fully_reshardable</c> (STA-4.3, TRN-13.1).</summary>
public static class TrainedState
{
    const string Scheduler = "opt_param_scheduler";

    /// <summary>The common state of a run.</summary>
    /// <param name="config">The model's config.</param>
    /// <param name="options">The layout it is saved under.</param>
    /// <param name="run">The run.</param>
    public static PickleDict Common(HfConfig config, MegatronArgsOptions options, TrainedRun run)
    {
        var common = MegatronCommonState.Build(config, options);
        common = RunArgs.Edit(common, args => Args(args, options, run));
        if (run.Groups.Count > 0)
        {
            var groups = new SubOptimizer([.. run.Groups.Select(Group)], null, null);
            common = common.With("optimizer", CommonOptimizer.Make([groups], OptimizerTarget.FullyReshardable, halfPrecision: true));
        }
        if (run.Scheduler is { } scheduler) { common = common.With(Scheduler, Of(scheduler)); }
        return StateTarget.ContentMetadata(common, run.Groups.Count > 0 ? OptimizerTarget.FullyReshardable : OptimizerTarget.Dropped).With("num_floating_point_operations_so_far", PickleValues.Of(0.0));
    }

    /// <summary>How far a run was, from a checkpoint's common state; what it does not say is 0 or missing.</summary>
    /// <exception cref="MalformedCheckpointException">TRN-13.2: a number is none.</exception>
    public static TrainedRun Read(PickleDict common, string where)
    {
        var args = Attributes(common);
        var reader = new StateNumbers(where);
        var optimizer = common.Find("optimizer") as PickleDict;
        var groups = ((optimizer?.Find("optimizer") as PickleDict ?? optimizer)?.Find("param_groups") as PickleList)?.Items ?? [];
        return new TrainedRun
        {
            Iteration = reader.Whole(common.Find("iteration"), "iteration") ?? 0,
            ConsumedTrainSamples = reader.Whole(args?.Find("consumed_train_samples"), "consumed_train_samples") ?? 0,
            ConsumedValidSamples = reader.Whole(args?.Find("consumed_valid_samples"), "consumed_valid_samples") ?? 0,
            Arguments = args is null ? [] : StateJson.Of(args),
            Scheduler = common.Find(Scheduler) is PickleDict scheduler ? Schedule(scheduler, reader) : null,
            Groups = [.. groups.OfType<PickleDict>().Select(group => Group(group, reader))],
        };
    }

    static PickleDict Args(PickleDict args, MegatronArgsOptions options, TrainedRun run)
    {
        foreach (var (name, value) in run.Arguments)
        {
            // What a run leaves open follows from the model, and that is there.
            if (value is not null || args.Find(name) is null) { args = args.With(name, PickleValues.Of(value)); }
        }
        args = RunArgs.WithSizes(args, options.Sizes);
        args = RunArgs.WithOptimizer(args, run.Groups.Count > 0 ? OptimizerTarget.FullyReshardable : OptimizerTarget.Dropped);
        return args
            .With("dist_ckpt_optim_fully_reshardable", PickleValues.Of(run.Groups.Count > 0))
            .With("iteration", PickleValues.Of(run.Iteration))
            .With("padded_vocab_size", PickleValues.Of(options.PaddedVocab))
            .With("consumed_train_samples", PickleValues.Of(run.ConsumedTrainSamples))
            .With("consumed_valid_samples", PickleValues.Of(run.ConsumedValidSamples))
            .With("no_save_rng", PickleValues.Of(!run.HasRng))
            .With("ckpt_format", PickleValues.Of("torch_dist"));
    }

    // Megatron-LM core/optimizer/optimizer_param_scheduler.py state_dict.
    static PickleDict Of(SchedulerState state) => new PickleDict()
        .Add("max_lr", PickleValues.Of(state.MaxLr))
        .Add("lr_warmup_steps", PickleValues.Of(state.WarmupSteps))
        .Add("num_steps", PickleValues.Of(state.Steps))
        .Add("lr_decay_style", PickleValues.Of(state.DecayStyle))
        .Add("lr_decay_steps", PickleValues.Of(state.DecaySteps))
        .Add("min_lr", PickleValues.Of(state.MinLr))
        .Add("start_wd", PickleValues.Of(state.StartWeightDecay))
        .Add("end_wd", PickleValues.Of(state.EndWeightDecay))
        .Add("wd_incr_style", PickleValues.Of(state.WeightDecayStyle))
        .Add("wd_incr_steps", PickleValues.Of(state.WeightDecaySteps));

    static SchedulerState Schedule(PickleDict state, StateNumbers reader) => new()
    {
        MaxLr = reader.Number(state.Find("max_lr"), "max_lr") ?? 0,
        MinLr = reader.Number(state.Find("min_lr"), "min_lr") ?? 0,
        WarmupSteps = reader.Whole(state.Find("lr_warmup_steps"), "lr_warmup_steps") ?? 0,
        DecaySteps = reader.Whole(state.Find("lr_decay_steps"), "lr_decay_steps") ?? 0,
        DecayStyle = (state.Find("lr_decay_style") as PickleString)?.Value ?? "cosine",
        Steps = reader.Whole(state.Find("num_steps"), "num_steps") ?? 0,
        StartWeightDecay = reader.Number(state.Find("start_wd"), "start_wd") ?? 0,
        EndWeightDecay = reader.Number(state.Find("end_wd"), "end_wd") ?? 0,
        WeightDecayStyle = (state.Find("wd_incr_style") as PickleString)?.Value ?? "constant",
        WeightDecaySteps = reader.Whole(state.Find("wd_incr_steps"), "wd_incr_steps") ?? 0,
    };

    static PickleDict Group(ParamGroupState group) => new PickleDict()
        .Add("is_expert_parallel", PickleValues.Of(false))
        .Add("default_config", PickleValues.Of(true))
        .Add("wd_mult", PickleValues.Of(group.WeightDecayFactor))
        .Add("lr_mult", PickleValues.Of(group.LrFactor))
        .Add("is_decoupled_lr", PickleValues.Of(false))
        .Add("max_lr", group.MaxLr is { } max ? PickleValues.Of(max) : None)
        .Add("min_lr", group.MinLr is { } min ? PickleValues.Of(min) : None)
        .Add("lr", PickleValues.Of(group.Lr))
        .Add("bias_correction", PickleValues.Of(true))
        .Add("betas", new PickleTuple([PickleValues.Of(group.Beta1), PickleValues.Of(group.Beta2)]))
        .Add("eps", PickleValues.Of(group.Epsilon))
        .Add("weight_decay", PickleValues.Of(group.WeightDecay))
        .Add("step", PickleValues.Of(group.Step));

    static ParamGroupState Group(PickleDict group, StateNumbers reader)
    {
        var betas = group.Find("betas") switch
        {
            PickleTuple tuple => tuple.Items,
            PickleList list => list.Items,
            _ => (IReadOnlyList<PickleNode>)[],
        };
        return new ParamGroupState
        {
            Lr = reader.Number(group.Find("lr"), "lr") ?? 0,
            Beta1 = reader.Number(betas.ElementAtOrDefault(0), "betas") ?? 0.9,
            Beta2 = reader.Number(betas.ElementAtOrDefault(1), "betas") ?? 0.95,
            Epsilon = reader.Number(group.Find("eps"), "eps") ?? 1e-8,
            WeightDecay = reader.Number(group.Find("weight_decay"), "weight_decay") ?? 0,
            Step = reader.Whole(group.Find("step"), "step") ?? 0,
            WeightDecayFactor = reader.Number(group.Find("wd_mult"), "wd_mult") ?? 1,
            LrFactor = reader.Number(group.Find("lr_mult"), "lr_mult") ?? 1,
            MaxLr = reader.Number(group.Find("max_lr"), "max_lr"),
            MinLr = reader.Number(group.Find("min_lr"), "min_lr"),
        };
    }

    static PickleDict? Attributes(PickleDict common) => common.Find("args") switch
    {
        PickleDict dict => dict,
        PickleObject { Attributes: { } attributes } => attributes,
        _ => null,
    };
}
