using System.Text.Json.Nodes;
using Ckpt.Cli.Running;
using Ckpt.Formats.Safetensors;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Bridge;
using Ckpt.Models.Configs;
using Ckpt.Models.Families;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Running;
using Ckpt.Sharding.Views;

namespace Ckpt.Cli.Export;

/// <summary>Prepares anything → Hugging Face safetensors.</summary>
static class ToHuggingFace
{
    internal static Conversion Prepare(ExportArguments arguments, ExportSource opened)
    {
        var (model, config) = (opened.Model, opened.Model.Side.Config);
        var map = model.ToHf(new BridgeOptions
        {
            Choices = ExpertNaming.Choices(config.Family, arguments.ExpertFormat),
        });
        var notes = new List<string>([.. model.Side.Notes, .. opened.Notes]);
        var float8 = opened.Scheme is not null || arguments.Float8;
        var dtype = arguments.DType ?? (model.Naming == FamilySide.Megatron && !float8 ? StoredType(model.Reader, map.Left.Tensors.Select(static t => t.Name)) : null);
        if (dtype is { } type && config.Model.TorchDType != type)
        {
            if (arguments.DType is null) { notes.Add($"the weights are {type.DisplayName()}, and config.json is made to say so"); }
            config = config.WithDType(type);
        }
        if (arguments.MtpLayers is { } mtp) { config = config.WithMtpLayers(mtp); }
        var weights = float8 ? Float8Weights.Through(opened, ref map, ref config, arguments.DType, FamilySide.Hf) : new Float8Weights(model.Reader, null, opened.Afterwards);
        return new Conversion(
            ShiftedTensor.Through(weights.Source, map), map, config.Model, new SafetensorsWriter(Options(arguments, config.Model, map)), CutLeadingAxes: false,
            [.. model.Side.SideFiles.Select(static f => new SideFile(f.Source, f.Path, f.Length))],
            [new SmallFile("config.json", config.ToUtf8())],
            notes,
            ExportFacts.Of(model, config, arguments.Adapters, new JsonObject { ["padded_vocab_size"] = model.Own.PaddedVocab, ["iteration"] = model.Megatron?.Iteration }))
        { AsStored = weights.AsStored, Logical = opened.Logical, Afterwards = weights.Afterwards, Beside = opened.Adapters, Decides = arguments.AdapterOptions, Computed = model };
    }

    static SafetensorsWriterOptions Options(ExportArguments arguments, ModelConfig model, TensorMap map) => arguments.FilePerLayer
        ? LayerFiles.Of(map.Right.Tensors.Select(static tensor => tensor.Name), model.Layers)
        : new SafetensorsWriterOptions { MaxShardBytes = arguments.MaxShardSize };

    /// <summary>The element type most of the weights' bytes have.</summary>
    static DType? StoredType(ICheckpointReader source, IEnumerable<string> names)
    {
        var read = names.ToHashSet(StringComparer.Ordinal);
        return source.Tensors.Where(t => read.Contains(t.Name)).GroupBy(static t => t.DType)
            .OrderByDescending(static g => g.Sum(static t => t.ByteLength)).Select(static g => (DType?)g.Key).FirstOrDefault();
    }
}
