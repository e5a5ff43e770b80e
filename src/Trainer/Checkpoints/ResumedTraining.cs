using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Ckpt.Formats;
using Ckpt.Formats.IO;
using Ckpt.Formats.Megatron;
using Ckpt.Formats.Opening;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Formats.TorchDist;
using Ckpt.Models.Adapters;
using Ckpt.Models.Bridge;
using Ckpt.Models.Megatron.State;
using Ckpt.Models.Opening;
using Ckpt.Sharding.Maps;

namespace Ckpt.Trainer.Checkpoints;

/// <summary>A saved run that training goes on with: how far it was, and the optimizer's states as this rank has them, under whatever split it was saved.</summary>
public sealed class ResumedTraining : IDisposable
{
    readonly RankReader? _states;
    readonly string _path;

    ResumedTraining(string path, RankReader? states) => (_path, _states) = (path, states);

    /// <summary>How far it was.</summary>
    public required TrainingState State { get; init; }

    /// <summary>The optimizer's groups; none where it was not saved, or is not to be loaded.</summary>
    public IReadOnlyList<ParamGroupState> Groups { get; private init; } = [];

    /// <summary>Whether there are optimizer states.</summary>
    public bool HasOptimizer => _states is not null;

    /// <summary>What the user should know of.</summary>
    public IReadOnlyList<string> Notes { get; private init; } = [];

    /// <summary>Opens the checkpoint that <c>--finetune false</c> goes on with.</summary>
    /// <param name="path">A folder of iterations, or one of them; <c>checkpoint-N</c>.</param>
    /// <param name="source">The model.</param>
    /// <param name="ranks">The processes.</param>
    /// <param name="loadOptimizer">False under <c>--no_load_optim</c>.</param>
    /// <param name="loadRng">False under <c>--no_load_rng</c>.</param>
    /// <exception cref="CheckpointException">TRN-13.5: it says nothing of a run. Or its state cannot be read.</exception>
    public static ResumedTraining Open(string path, ModelSource source, TrainerRanks ranks, bool loadOptimizer = true, bool loadRng = true)
    {
        if (CheckpointOpener.Detect(path).Format is FormatNames.Safetensors or FormatNames.PyTorchBin) { return OfCommon(path); }
        var reader = ModelFormats.Open(path);
        try
        {
            if (reader is not IMegatronReader { Common: { } common } megatron) { Throw.NoRun(path); return null!; }
            return Of(path, megatron, common, source, ranks, loadOptimizer, loadRng);
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    /// <summary>A state of a parameter of this rank.</summary>
    /// <exception cref="MalformedCheckpointException">TRN-13.7: it was not saved.</exception>
    public TensorInfo Find(string parameter, string kind) => _states?.Find(Name(parameter, kind)) ?? Throw.Missing(_path, parameter, kind);

    /// <summary>Reads bytes of a state, float32 and row-major.</summary>
    public void Read(string parameter, string kind, long offset, Span<byte> destination) => _states!.Read(Find(parameter, kind), offset, destination);

    public void Dispose() => _states?.Dispose();

    static ResumedTraining Of(string path, IMegatronReader reader, PickleDict common, ModelSource source, TrainerRanks ranks, bool loadOptimizer, bool loadRng)
    {
        var run = TrainedState.Read(common, reader.Path);
        var notes = new List<string>();
        var rng = loadRng ? Rng(reader, ranks, notes) : null;
        RankReader? states = null;
        if (loadOptimizer)
        {
            var plan = MegatronState.Plan(reader, new StateOptions());
            if (plan.Tensors.Count > 0)
            {
                var wanted = plan.Tensors.Select(static tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
                var map = StateMap.Of([.. plan.Reader.Tensors.Where(tensor => wanted.Contains(tensor.Name))], ModelMap(path, reader, source), source.PaddedVocab, reader.Format == FormatNames.LegacyTorch);
                states = RankReader.Of(plan.Reader, map, source.Tensors, ranks.Rank, byRank: false, DType.F32);
            }
            else { notes.Add($"{path} has no optimizer state: the optimizer begins anew"); }
        }
        if (states is null) { reader.Dispose(); }
        return new ResumedTraining(path, states)
        {
            State = new TrainingState(run.Iteration, run.ConsumedTrainSamples, run.ConsumedValidSamples, TrainingState.ArgumentsOf(run.Arguments), loadOptimizer ? run.Scheduler : null, rng),
            Groups = states is null ? [] : run.Groups,
            Notes = notes,
        };
    }

    /// <summary>An iteration without tensors: the model lies beside it in another form, and nothing was kept of the optimizer.</summary>
    static ResumedTraining OfCommon(string path)
    {
        var tracker = System.IO.Path.Combine(path, TorchDistWriterOptions.TrackerName);
        var iteration = File.Exists(tracker) && long.TryParse(File.ReadAllText(tracker).AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? TorchDistWriterOptions.IterationFolder(number) : ".";
        var file = System.IO.Path.Combine(path, iteration, "common.pt");
        if (!File.Exists(file)) { Throw.NoRun(path); }
        using var source = new FileByteSource(file);
        if (TorchFile.Open(source).Root is not PickleDict common) { Throw.NoRun(path); return null!; }
        var run = TrainedState.Read(common, file);
        return new ResumedTraining(path, null)
        {
            State = new TrainingState(run.Iteration, run.ConsumedTrainSamples, run.ConsumedValidSamples, TrainingState.ArgumentsOf(run.Arguments), run.Scheduler, null),
            Notes = [$"{path} has neither optimizer state nor random number states: iteration and data go on, the optimizer begins anew"],
        };
    }

    /// <summary>The map from the checkpoint's model to that of this run; null where it holds an adapter only.</summary>
    static TensorMap? ModelMap(string path, IMegatronReader reader, ModelSource source)
    {
        if (McoreAdapter.IsAdapter(reader) && !McoreAdapter.HasBase(reader)) { return null; }
        var model = ModelCheckpoint.OfMegatron(reader, path, source.Model.Side, new ModelOpenOptions { MtpLayers = source.Options.MtpLayers, Choices = source.Model.Own.Choices });
        return model.ToMegatron(new BridgeOptions { PaddedVocab = source.PaddedVocab });
    }

    static RngState? Rng(IMegatronReader reader, TrainerRanks ranks, List<string> notes)
    {
        var states = RngObjects.Read(reader, ranks.TensorRank, ranks.Sizes.Tensor);
        if (states.Count == 0)
        {
            notes.Add($"{reader.Path} has no random number states of {ranks.Sizes.Tensor} tensor parallel ranks: they begin anew");
            return null;
        }
        return states.Count == ranks.Sizes.Data ? states[ranks.DataRank] : states[0];
    }

    static string Name(string parameter, string kind) => $"optimizer.state.{kind}.{parameter.Replace(".base_layer.", ".", StringComparison.Ordinal)}";

    static class Throw
    {
        [DoesNotReturn]
        internal static void NoRun(string where) => throw new MalformedCheckpointException(
            "TRN-13.5", where, "says nothing of a run that could go on (no common state with an iteration); --finetune true begins one with this model");

        [DoesNotReturn]
        internal static TensorInfo Missing(string where, string parameter, string kind) => throw new MalformedCheckpointException(
            "TRN-13.7", where, $"has no optimizer state {kind} of {Quoted.Name(parameter)}; --no_load_optim true begins the optimizer anew");
    }
}
