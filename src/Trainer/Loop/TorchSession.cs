using System.Globalization;
using System.Text.Json;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Inference.Descriptions;
using Ckpt.Inference.Weights;
using Ckpt.Models.Bridge;
using Ckpt.Models.Families;
using Ckpt.Models.Opening;
using Ckpt.Sharding.Views;
using Ckpt.Torch;
using Ckpt.Trainer.Adapting;
using Ckpt.Trainer.Checkpoints;
using Ckpt.Trainer.Loop.Arguments;
using Ckpt.Trainer.Modeling;
using Ckpt.Trainer.Optimizing;
using static Ckpt.Torch.torch;

namespace Ckpt.Trainer.Loop;

/// <summary>A model over LibTorch, loaded for a run.</summary>
sealed class TorchSession : ITrainingSession
{
    /// <summary>Megatron's name of the stream that each tensor-parallel rank has for itself.</summary>
    internal const string OwnStream = "model-parallel-rng";

    readonly ModelSource _source;
    readonly TrainingArguments _arguments;

    TorchSession(ModelSource source, TorchTrainee trainee, ICheckpointSink checkpoints, TrainingArguments arguments) =>
        (_source, Trainee, Checkpoints, _arguments) = (source, trainee, checkpoints, arguments);

    public ITrainee Trainee { get; }

    public ICheckpointSink Checkpoints { get; }

    public required LoopState Start { get; init; }

    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>Loads a model.</summary>
    /// <param name="arguments">What was asked for.</param>
    /// <param name="text">How it is written to.</param>
    /// <param name="connected">The other ranks.</param>
    /// <param name="plan">The run.</param>
    internal static TorchSession Open(TrainingArguments arguments, TrainingText text, ConnectedRanks connected, SessionPlan plan)
    {
        var place = connected.Place;
        var ranks = new TrainerRanks(place.TensorParallel, place.DataParallel, connected);
        manual_seed(arguments.Batches.Seed);
        var source = ModelSource.Open(SourceOptions(arguments.Model), ranks);
        GptModel? model = null;
        TrainOptimizer? optimizer = null;
        try
        {
            if (source.Config.Model.VocabSize < text.Tokenizer.VocabSize) { throw new MalformedCheckpointException("TRL-3.8", text.Folder, $"the tokenizer has {text.Tokenizer.VocabSize} tokens, the model {source.Config.Model.VocabSize}"); }
            var options = ModelOptions(arguments, source);
            model = GptModel.Create(ForwardModel.Of(source.Config, Weights(source.Model)), place, options, new TorchSource(source));
            optimizer = new TrainOptimizer(model, place, OptimizerOptions(arguments.Optimizer));
            var trainee = new TorchTrainee(model, optimizer, arguments.Batches.DynamicLoss, options.AuxiliaryLoss > 0 || options.RouterLogitLoss > 0);
            List<string> notes = [.. source.Notes, .. source.Unread().Take(20).Select(static name => $"{name} is there, and not trained"), Sizes(model)];
            var (start, best) = arguments.Model.Finetune ? (new LoopState(0, 0), null) : Resumed(arguments, source, ranks, trainee, notes);
            return new TorchSession(source, trainee, new TorchCheckpoints(trainee, source, ranks, arguments, plan, best), arguments) { Start = start, Notes = notes };
        }
        catch
        {
            model?.Dispose();
            optimizer?.Dispose();
            source.Dispose();
            throw;
        }
    }

    public string ResumeAdvice(LoopState state)
    {
        if (state.LastCheckpoint is not { } folder) { return ""; }
        // Safetensors without an optimizer's state hold no Megatron checkpoint.
        var flag = _arguments.Tuning.IsLora ? "--mcore_adapter" : _arguments.Saving is { NoSaveOptimizer: true, Safetensors: true } ? "--model" : "--mcore_model";
        return $"The same line with {flag} {folder} --finetune false goes on.";
    }

    public void Dispose()
    {
        Trainee.Dispose();
        _source.Dispose();
    }

    static ModelSourceOptions SourceOptions(ModelArguments model) => new()
    {
        Model = model.Folder,
        McoreModel = model.Megatron,
        Adapter = model.Adapter,
        McoreAdapter = model.MegatronAdapter,
        MakeVocabSizeDivisibleBy = model.VocabularyDivisibleBy ?? 1,
    };

    static ModelOptions ModelOptions(TrainingArguments arguments, ModelSource source)
    {
        var (batches, tuning) = (arguments.Batches, arguments.Tuning);
        var type = TorchTypes.Named(arguments.Model.Type) ?? (source.Config.Model.TorchDType == DType.F32 ? ScalarType.Float32 : ScalarType.BFloat16);
        return new ModelOptions
        {
            Type = type,
            Recompute = new RecomputeOptions
            {
                Granularity = batches.Recompute switch { "full" => RecomputeGranularity.Full, "selective" => RecomputeGranularity.Selective, _ => RecomputeGranularity.None },
                Method = batches.RecomputeMethod == "block" ? RecomputeMethod.Block : RecomputeMethod.Uniform,
                Layers = batches.RecomputeLayers,
            },
            Lora = tuning.IsLora ? Lora(arguments, source) : null,
            Freeze = new FreezeOptions
            {
                IsAll = tuning.FreezesAll,
                Frozen = tuning.Frozen,
                FrozenPattern = tuning.FrozenPattern,
                FrozenRatio = tuning.FrozenRatio,
                Trained = tuning.Trained,
                TrainedPattern = tuning.TrainedPattern,
            },
            AttentionDropout = batches.AttentionDropout,
            HiddenDropout = batches.HiddenDropout,
            VocabularyDivisibleBy = arguments.Model.VocabularyDivisibleBy ?? 1,
            AuxiliaryLoss = batches.AuxiliaryLoss,
            RouterLogitLoss = batches.RouterLogitLoss,
        };
    }

    static LoraOptions Lora(TrainingArguments arguments, ModelSource source)
    {
        var tuning = arguments.Tuning;
        var asked = new LoraOptions
        {
            Rank = tuning.Rank,
            Alpha = tuning.Alpha,
            IsRankStabilised = tuning.IsRankStabilised,
            Dropout = tuning.Dropout,
            Type = TorchTypes.Named(tuning.Type),
            Targets = tuning.Targets,
            TargetPattern = tuning.TargetPattern,
            ModulesToSave = tuning.ModulesToSave,
            Seed = arguments.Batches.Seed,
        };
        return source.Adapter is { } adapter ? AdapterShapes.Of(asked, adapter) : asked;
    }

    static OptimizerOptions OptimizerOptions(OptimizerArguments arguments) => new()
    {
        Kind = arguments.Name == "sgd" ? OptimizerKind.Sgd : OptimizerKind.Adam,
        Beta1 = arguments.Beta1,
        Beta2 = arguments.Beta2,
        Epsilon = arguments.Epsilon,
        Momentum = arguments.SgdMomentum,
        ClipGradient = arguments.ClipGrad,
        Reduction = GradientReduction.Sum,
        IsDistributed = arguments.IsDistributed,
    };

    static CheckpointWeights Weights(ModelCheckpoint model)
    {
        if (model.Naming == FamilySide.Hf) { return new CheckpointWeights(model.Reader); }
        var map = model.ToHf(new BridgeOptions());
        return new CheckpointWeights(new MappedCheckpoint(ShiftedTensor.Through(model.Reader, map), map));
    }

    static (LoopState Start, long? Best) Resumed(TrainingArguments arguments, ModelSource source, TrainerRanks ranks, TorchTrainee trainee, List<string> notes)
    {
        var model = arguments.Model;
        var path = model.MegatronAdapter ?? model.Adapter ?? model.Source;
        using var resumed = ResumedTraining.Open(path, source, ranks, !model.NoLoadOptimizer, !model.NoLoadRandom);
        notes.AddRange(resumed.Notes);
        if (resumed.HasOptimizer) { Restore(resumed, trainee); }
        if (resumed.State.Rng is { } random) { Restore(random, trainee.Model); }
        var state = resumed.State;
        var said = state.Arguments;
        var start = new LoopState(state.Iteration, state.ConsumedTrainSamples)
        {
            ScheduledRows = state.Scheduler?.Steps ?? state.ConsumedTrainSamples,
            BestMetric = Number(said, TorchCheckpoints.BestMetric),
            BestCheckpoint = said.TryGetValue(TorchCheckpoints.BestCheckpoint, out var best) && best.ValueKind == JsonValueKind.String ? best.GetString() : null,
        };
        // The best checkpoint of another folder is not this run's to keep.
        return (start, null);
    }

    static void Restore(ResumedTraining resumed, TorchTrainee trainee)
    {
        using var off = no_grad();
        var optimizer = trainee.Optimizer;
        var kept = trainee.Model.Parameters.Where(static p => p.IsSavedModule).Select(static p => p.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var (parameter, kind) in optimizer.Entries.ToList())
        {
            using var scope = NewDisposeScope();
            var name = kept.Contains(parameter) ? SavedModule.NameOf(parameter) : parameter;
            var info = resumed.Find(name, kind);
            optimizer.Scatter(parameter, kind, TorchSource.Filled(info, (offset, bytes) => resumed.Read(name, kind, offset, bytes)));
        }
        optimizer.Step = resumed.Groups.Max(static group => group.Step);
    }

    static void Restore(Models.Megatron.State.RngState random, GptModel model)
    {
        using var scope = NewDisposeScope();
        set_rng_state(tensor(random.Torch.ToArray()));
        if (model.Random.Own is not null && random.Trackers.TryGetValue(OwnStream, out var own)) { model.Random.Own = tensor(own.ToArray()); }
    }

    static double? Number(IReadOnlyDictionary<string, JsonElement> said, string name) => said.TryGetValue(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;

    static string Sizes(GptModel model)
    {
        var (all, trained) = (model.Parameters.Sum(static p => p.Count), model.Parameters.Where(static p => p.Trainable).Sum(static p => p.Count));
        return string.Create(CultureInfo.InvariantCulture, $"{all:N0} parameters on this rank, of which {trained:N0} ({100.0 * trained / Math.Max(all, 1):F4}%) are trained");
    }
}
