using System.Text.Json.Nodes;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Megatron.State;
using Ckpt.Trainer.Checkpoints;
using Ckpt.Trainer.Loop.Arguments;
using Ckpt.Trainer.Modeling;
using static Ckpt.Torch.torch;

namespace Ckpt.Trainer.Loop;

/// <summary>Writes what a model over LibTorch has come to.</summary>
/// <param name="trainee">The model and its optimizer.</param>
/// <param name="source">Where the model came from.</param>
/// <param name="ranks">The other ranks.</param>
/// <param name="arguments">What was asked for.</param>
/// <param name="plan">The run.</param>
/// <param name="best">The step of the best checkpoint so far.</param>
sealed class TorchCheckpoints(TorchTrainee trainee, ModelSource source, TrainerRanks ranks, TrainingArguments arguments, SessionPlan plan, long? best) : ICheckpointSink
{
    /// <summary>Names in a checkpoint's arguments of what a run knows beside them.</summary>
    internal const string BestMetric = "best_metric";
    internal const string BestIteration = "best_iteration";
    internal const string BestCheckpoint = "best_model_checkpoint";

    long? _best = best;

    public string Save(LoopState state, bool isBest)
    {
        if (isBest) { _best = state.Iteration; }
        using var scope = NewDisposeScope();
        using var off = no_grad();
        var (rate, decay) = (plan.LearningRate.At(state.ScheduledRows), plan.WeightDecay.At(state.ScheduledRows));
        var saving = arguments.Saving;
        var optimizer = saving.NoSaveOptimizer ? null : new OptimizerTensors(trainee.Optimizer, arguments.Optimizer, rate, decay);
        return TrainerCheckpoint.Save(source, ranks, State(state, isBest), [.. trainee.Model.Parameters.Select(Saved)], optimizer, new SaveOptions
        {
            OutputDir = plan.RunFolder,
            SaveSafetensors = saving.Safetensors,
            NoSaveOptim = saving.NoSaveOptimizer,
            NoSaveRng = saving.NoSaveRandom,
            MergeLora = saving.MergeLora,
            MaxShardBytes = saving.MaxShardSize,
            TotalLimit = saving.TotalLimit,
            Symlinks = saving.Symlinks,
            Best = _best,
            Seed = (uint)arguments.Batches.Seed,
            Threads = Math.Max(1, Environment.ProcessorCount / ranks.World),
        });
    }

    static SavedParameter Saved(Parameter parameter) => new(
        parameter.IsSavedModule ? SavedModule.NameOf(parameter.Name) : parameter.Name,
        TorchTypes.Of(parameter.Value.dtype),
        new Shape([.. parameter.Shape]),
        new TensorBytes(parameter.Name, parameter.Value, giveAway: false),
        parameter.Trainable);

    TrainingState State(LoopState state, bool isBest)
    {
        var json = (JsonObject)plan.Arguments.DeepClone();
        json["consumed_train_samples"] = state.ConsumedRows;
        json[BestMetric] = state.BestMetric;
        json[BestIteration] = _best;
        json[BestCheckpoint] = isBest ? CheckpointFolders.Of(plan.RunFolder, state.Iteration) : state.BestCheckpoint;
        var schedule = plan.LearningRate;
        var scheduler = new SchedulerState
        {
            MaxLr = schedule.Max,
            MinLr = schedule.Min,
            WarmupSteps = (long)schedule.WarmupRows,
            DecaySteps = (long)schedule.DecayRows,
            DecayStyle = plan.Arguments["lr_decay_style"]!.GetValue<string>(),
            Steps = state.ScheduledRows,
            StartWeightDecay = plan.WeightDecay.Start,
            EndWeightDecay = plan.WeightDecay.End,
            WeightDecayStyle = plan.Arguments["weight_decay_incr_style"]!.GetValue<string>(),
            WeightDecaySteps = (long)plan.WeightDecay.Rows,
        };
        return new TrainingState(state.Iteration, state.ConsumedRows, 0, TrainingState.ArgumentsOf(json), scheduler, Random());
    }

    RngState Random()
    {
        var common = get_rng_state().ToArray<byte>();
        return trainee.Model.Random.Own is { } own
            ? new RngState(common, new Dictionary<string, ReadOnlyMemory<byte>> { [TorchSession.OwnStream] = own.ToArray<byte>() })
            : RngState.Of(common);
    }
}
