using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Safetensors;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Adapters;
using Ckpt.Models.Bridge;
using Ckpt.Models.Configs;
using Ckpt.Models.Opening;
using Ckpt.Sharding.Holding;
using Ckpt.Sharding.Plans;
using Ckpt.Sharding.Views;

namespace Ckpt.Trainer.Checkpoints;

/// <summary>Plans what a run writes in Hugging Face's forms: the model, the adapter as PEFT's, the model with the adapter merged.</summary>
static class HuggingFaceShare
{
    /// <summary>The whole model of what ranks hold.</summary>
    /// <exception cref="MalformedCheckpointException">TRN-12.4: parameters lack, or belong to nothing.</exception>
    internal static CheckpointShare OfModel(ModelSource source, HeldCheckpoint held, SaveOptions options)
    {
        var config = ConfigOf(source, TypeOf(held.Tensors));
        var side = source.Model.Side with { Config = config, Names = source.Model.HfNames };
        var model = ModelCheckpoint.OfMegatron(held, held.Path, side, new ModelOpenOptions { MtpLayers = source.Options.MtpLayers, Choices = Dialect(source) });
        return Of(model, model.Reader, config, null, options);
    }

    /// <summary>The adapter, as PEFT's.</summary>
    internal static CheckpointShare OfAdapter(ModelSource source, HeldCheckpoint held, byte[] argsJson, string? baseModel)
    {
        var conversion = PeftExport.Plan(McoreAdapter.Of(held, argsJson, new McoreAdapterOptions { Choices = Dialect(source) }), source.Config, baseModel);
        return new CheckpointShare(conversion.Plan(), conversion.Source, conversion.Closing);
    }

    /// <summary>The model with a saved adapter merged: the base as it lies on the disk, which training left alone.</summary>
    internal static CheckpointShare OfMerged(ModelSource source, IAdapter adapter, TrainerRanks ranks, SaveOptions options)
    {
        var dtype = source.Options.DType;
        var merge = AdapterMerge.Plan(source.Model.Reader, [adapter], source.Config, new AdapterMergeOptions { Naming = source.Model.Naming, Choices = source.Model.Own.Choices, DType = dtype });
        var config = ConfigOf(source, dtype ?? TypeOf(merge.Checkpoint.Tensors));
        var side = source.Model.Side with { Config = config };
        return Of(source.Model.With(merge.Checkpoint, side), merge.Checkpoint, config, dtype, options, ranks.World);
    }

    static CheckpointShare Of(ModelCheckpoint model, ICheckpointReader reader, HfConfig config, DType? cast, SaveOptions options, int dealt = 0)
    {
        var map = model.ToHf(new BridgeOptions());
        var coverage = MapCoverage.Of(reader.Tensors, map.Left);
        if (coverage.Missing.Count > 0 || coverage.WrongShapes.Count > 0 || (dealt == 0 && coverage.Extra.Count > 0)) { Throw.Incomplete(reader.Path, coverage); }
        var shifted = ShiftedTensor.Through(reader, map);
        var read = dealt == 0 ? shifted : new DealtCheckpoint(shifted, dealt);
        var targets = TargetMaker.Make(read.Tensors, map, cast, cutLeadingAxes: false);
        var layout = new SafetensorsWriter(new SafetensorsWriterOptions { MaxShardBytes = options.MaxShardBytes }).LayOut(targets);
        return new CheckpointShare(CopyPlanner.Plan(read.Tensors, map, layout, coverage), read, [new SmallFile("config.json", config.ToUtf8())]);
    }

    static HfConfig ConfigOf(ModelSource source, DType? dtype)
    {
        var config = dtype is { } type && source.Config.Model.TorchDType != type ? source.Config.WithDType(type) : source.Config;
        return config.WithMtpLayers(source.Options.MtpLayers);
    }

    static Dictionary<string, string> Dialect(ModelSource source) =>
        source.Model.Choices.Concat(source.Options.Dialect is { } dialect ? [KeyValuePair.Create(ModelCheckpoint.DialectChoice, dialect)] : [])
            .Where(static choice => choice.Key == ModelCheckpoint.DialectChoice).GroupBy(static choice => choice.Key).ToDictionary(static group => group.Key, static group => group.Last().Value);

    /// <summary>The element type most bytes have.</summary>
    static DType? TypeOf(IReadOnlyList<TensorInfo> tensors) =>
        tensors.GroupBy(static tensor => tensor.DType).OrderByDescending(static group => group.Sum(static tensor => tensor.ByteLength)).Select(static group => (DType?)group.Key).FirstOrDefault();

    static class Throw
    {
        [DoesNotReturn]
        internal static void Incomplete(string where, MapCoverage coverage) => throw new MalformedCheckpointException(
            "TRN-12.4", where, string.Join("; ", [
                .. coverage.Missing.Select(static name => $"{name} is missing"),
                .. coverage.WrongShapes.Select(static wrong => $"{wrong.Name} has shape {wrong.Found}, expected {wrong.Expected}"),
                .. coverage.Extra.Select(static name => $"{name} has no place in the model"),
            ]));
    }
}
