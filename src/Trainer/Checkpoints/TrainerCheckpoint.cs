using System.Runtime.ExceptionServices;
using System.Text;
using System.Text.Json.Nodes;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.TorchDist;
using Ckpt.Models.Adapters;
using Ckpt.Models.Megatron;
using Ckpt.Models.Megatron.State;
using Ckpt.Sharding.Holding;
using Ckpt.Sharding.Running;

namespace Ckpt.Trainer.Checkpoints;

/// <summary>
/// Writes a run's checkpoint (TRN-14): every rank its share of the same files, which take their names in one step when all are complete. Called by all
/// ranks at once; whatever one of them fails of, all do.
/// </summary>
public sealed class TrainerCheckpoint
{
    // Files of Megatron-SWIFT's that belong to a checkpoint and not to the model it was made from.
    static readonly string[] s_notOfModel = ["args.json", TorchDistWriterOptions.TrackerName, "adapter_config.json", "additional_config.json", "logging.jsonl", "trainer_state.json"];

    readonly ModelSource _source;
    readonly TrainerRanks _ranks;
    readonly SaveOptions _options;
    readonly TrainingState _state;
    readonly IReadOnlyList<SavedParameter> _parameters;
    readonly IOptimizerTensors? _optimizer;
    readonly bool _isAdapter;
    readonly JsonObject _arguments;

    TrainerCheckpoint(ModelSource source, TrainerRanks ranks, TrainingState state, IReadOnlyList<SavedParameter> parameters, IOptimizerTensors? optimizer, SaveOptions options)
    {
        (_source, _ranks, _state, _options) = (source, ranks, state, options);
        _isAdapter = parameters.Any(static parameter => parameter.IsAdapter);
        // Under an adapter the model is frozen, and is not saved again.
        _parameters = _isAdapter ? [.. parameters.Where(static parameter => parameter.IsAdapter)] : parameters;
        _optimizer = options.NoSaveOptim ? null : optimizer;
        _arguments = state.ArgumentsJson();
    }

    bool Merges => _isAdapter && (_options.MergeLora ?? _options.SaveSafetensors);

    bool IsFirst => _ranks.Rank == 0;

    string Iteration => TorchDistWriterOptions.IterationFolder(_state.Iteration);

    /// <summary>Writes <c>checkpoint-N</c>, and what goes with it; removes what is over the limit.</summary>
    /// <param name="source">Where the model came from: its config, tokenizer and names.</param>
    /// <param name="ranks">The processes.</param>
    /// <param name="state">How far the run is.</param>
    /// <param name="parameters">All of this rank's parameters.</param>
    /// <param name="optimizer">The optimizer's states; null where there are none.</param>
    /// <param name="options">How.</param>
    /// <returns>The folder.</returns>
    /// <exception cref="CheckpointException">The parameters do not make the model.</exception>
    public static string Save(ModelSource source, TrainerRanks ranks, TrainingState state, IReadOnlyList<SavedParameter> parameters, IOptimizerTensors? optimizer, SaveOptions options) =>
        new TrainerCheckpoint(source, ranks, state, parameters, optimizer, options).Save();

    /// <summary>Plans what a save would write and writes nothing: what cannot be saved is refused before anything is trained.</summary>
    /// <exception cref="CheckpointException">The parameters do not make the model, or have no form.</exception>
    public static void Check(ModelSource source, TrainerRanks ranks, TrainingState state, IReadOnlyList<SavedParameter> parameters, SaveOptions options)
    {
        var save = new TrainerCheckpoint(source, ranks, state, parameters, null, options with { NoSaveOptim = true });
        var tensors = HeldParameters.Tensors(source.Tensors, save._parameters, source.IsStacked);
        var args = save.ArgsOptions();
        using var held = HeldParameters.Checkpoint(tensors, save._parameters, ranks, TrainedState.Common(source.Config, args, new TrainedRun { Arguments = save._arguments }));
        if (options.SaveSafetensors) { save.HuggingFace(held, save.ArgsJson(args), args); }
    }

    CheckpointShare HuggingFace(HeldCheckpoint held, byte[] argsJson, MegatronArgsOptions options) =>
        _isAdapter ? HuggingFaceShare.OfAdapter(_source, held, argsJson, options.Model) : HuggingFaceShare.OfModel(_source, held, _options);

    string Save()
    {
        var final = CheckpointFolders.Of(_options.OutputDir, _state.Iteration);
        var (objects, byDataRank) = _options.NoSaveRng ? ([], false) : RngExchange.Objects(_ranks, _state.Rng, _options.Seed);
        if (byDataRank) { _arguments["data_parallel_random_init"] = true; }
        Publish(final, folder => WriteAll(folder, objects), _options.SaveSafetensors && !_isAdapter);
        if (Merges) { SaveMerged(final); }
        RankAgreement.Run(_ranks.Exchange, () =>
        {
            if (!IsFirst) { return; }
            if (_options.TotalLimit is { } limit) { CheckpointFolders.Prune(_options.OutputDir, limit, _options.Best); }
            if (!_options.Symlinks) { return; }
            CheckpointFolders.Link(_options.OutputDir, "last", _state.Iteration);
            if (_options.Best is { } best) { CheckpointFolders.Link(_options.OutputDir, "best", best); }
        });
        return final;
    }

    /// <summary>TRN-14.1: the folder grows beside its place, and takes it when every rank has done its share.</summary>
    void Publish(string final, Func<string, IReadOnlyList<SmallFile>> write, bool withSideFiles)
    {
        var folder = FolderPublication.PartialOf(final);
        RankAgreement.Run(_ranks.Exchange, () =>
        {
            if (!IsFirst) { return; }
            CheckpointFolders.RemovePartials(_options.OutputDir);
            FolderPublication.Begin(final);
        });
        IReadOnlyList<SmallFile> closing = [];
        RankAgreement.Run(_ranks.Exchange, () => closing = write(folder));
        RankAgreement.Run(_ranks.Exchange, () =>
        {
            if (!IsFirst) { return; }
            if (withSideFiles) { OutputFinisher.CopySideFiles(folder, SideFiles()); }
            OutputFinisher.Write(folder, closing);
            FolderPublication.Publish(final);
        });
    }

    List<SmallFile> WriteAll(string folder, IReadOnlyList<ObjectTarget> objects)
    {
        var stacked = _source.IsStacked;
        var tensors = HeldParameters.Tensors(_source.Tensors, _parameters, stacked);
        var trained = _parameters.Where(static parameter => parameter.IsTrainable).ToArray();
        var states = _optimizer is null ? [] : HeldParameters.States(trained.Length == _parameters.Count ? tensors : HeldParameters.Tensors(_source.Tensors, trained, stacked), _optimizer.Kinds).ToArray();
        var options = ArgsOptions();
        var run = new TrainedRun
        {
            Iteration = _state.Iteration,
            ConsumedTrainSamples = _state.ConsumedTrainSamples,
            ConsumedValidSamples = _state.ConsumedValidSamples,
            Arguments = _arguments,
            Scheduler = _optimizer is null ? null : _state.Scheduler,
            Groups = _optimizer?.Groups ?? [],
            HasRng = objects.Count > 0,
        };
        var common = TrainedState.Common(_source.Config, options, run);
        var argsJson = ArgsJson(options);
        var closing = new List<SmallFile>();
        using var held = HeldParameters.Checkpoint(tensors, _parameters, _ranks, common);
        if (_options.SaveSafetensors)
        {
            var share = HuggingFace(held, argsJson, options);
            using var writer = share.Open(_ranks, folder, _options.Threads);
            writer.Finish();
            closing.AddRange(share.Last);
        }
        // S14 of Megatron-SWIFT: without optimizer it leaves an adapter's iteration empty, so that nothing can go on with it. An adapter is small: TRN-14.3.
        if (_isAdapter || _optimizer is not null || !_options.SaveSafetensors)
        {
            using var all = HeldParameters.Checkpoint([.. tensors, .. states], _parameters, _ranks, common);
            var share = MegatronShare.Of(all, common, objects, Iteration, _ranks.World);
            using var writer = share.Open(_ranks, folder, _options.Threads);
            WriteStates(writer, all, trained);
            closing.AddRange(share.Last);
        }
        else { closing.AddRange(MegatronShare.CommonOnly(common, Iteration)); }
        closing.Insert(0, new SmallFile("args.json", argsJson));
        return closing;
    }

    /// <summary>One state after the other: no rank has more than one put together at a time.</summary>
    void WriteStates(HeldWriter writer, HeldCheckpoint held, IReadOnlyList<SavedParameter> trained)
    {
        ExceptionDispatchInfo? failure = null;
        foreach (var parameter in _optimizer is null ? [] : trained)
        {
            foreach (var kind in _optimizer!.Kinds)
            {
                var part = HeldParameters.StatePart(kind, parameter.Name);
                var elements = _optimizer.Gather(parameter.Name, kind);
                try
                {
                    if (failure is not null) { continue; } // the others still wait for what this rank gives
                    held.Hold(part, elements);
                    foreach (var (tensor, box) in held.BoxesOf(part)) { writer.Write(tensor, box); }
                    held.Release(part);
                }
                catch (Exception error) when (error is IOException or UnauthorizedAccessException) { failure = ExceptionDispatchInfo.Capture(error); }
                finally { (elements as IDisposable)?.Dispose(); }
            }
        }
        failure?.Throw();
        writer.Finish();
    }

    void SaveMerged(string saved)
    {
        McoreAdapter? adapter = null;
        try
        {
            RankAgreement.Run(_ranks.Exchange, () => adapter = McoreAdapter.Open(saved));
            Publish(CheckpointFolders.MergedOf(_options.OutputDir, _state.Iteration), folder =>
            {
                var share = HuggingFaceShare.OfMerged(_source, adapter!, _ranks, _options);
                using var writer = share.Open(_ranks, folder, _options.Threads);
                writer.Finish();
                return [.. share.Last];
            }, withSideFiles: true);
        }
        finally { adapter?.Dispose(); }
    }

    MegatronArgsOptions ArgsOptions() => new()
    {
        Iteration = (int)Math.Min(int.MaxValue, _state.Iteration),
        Sizes = _ranks.Sizes,
        PaddedVocab = _source.PaddedVocab,
        MtpLayers = _source.Options.MtpLayers,
        MakeVocabSizeDivisibleBy = _source.Options.MakeVocabSizeDivisibleBy,
        Dialect = _source.Options.Dialect,
        Model = _source.Options.Model ?? _arguments["model"]?.GetValue<string>() ?? _source.Model.Side.Origin,
    };

    /// <summary>Megatron-SWIFT's file: what its loader looks for, and the run's arguments.</summary>
    byte[] ArgsJson(MegatronArgsOptions options)
    {
        var json = (JsonObject)JsonNode.Parse(SwiftArgsJson.Write(_source.Config, options))!;
        foreach (var (name, value) in _arguments)
        {
            if (value is not null || json[name] is null) { json[name] = value?.DeepClone(); }
        }
        if (_isAdapter) { json["tuner_type"] = "lora"; }
        (json["tensor_model_parallel_size"], json["iteration"]) = (_ranks.Sizes.Tensor, _state.Iteration);
        json["mcore_model"] ??= _source.Options.McoreModel;
        return Encoding.UTF8.GetBytes(json.ToJsonString(s_indented) + "\n");
    }

    SideFile[] SideFiles() => [.. _source.Model.Side.SideFiles.Where(static file => !s_notOfModel.Contains(file.Path)).Select(static file => new SideFile(file.Source, file.Path, file.Length))];

    static readonly System.Text.Json.JsonSerializerOptions s_indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
