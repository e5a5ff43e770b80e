using System.Text.Json.Nodes;
using Ckpt.Cli.Running;
using Ckpt.Formats;
using Ckpt.Formats.Hub;
using Ckpt.Formats.Safetensors;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.TorchDist;
using Ckpt.Models.Bridge;
using Ckpt.Sharding.Running;

namespace Ckpt.Cli.Export;

/// <summary>Prepares Megatron → Hugging Face safetensors.</summary>
static class ToHuggingFace
{
    internal static Conversion Prepare(ExportArguments arguments)
    {
        if (!arguments.SourceIsMcore) { throw NotFromHuggingFace(arguments); }
        var source = CheckpointOpener.Open(arguments.Source);
        try
        {
            return source is TorchDistReader megatron ? Prepare(arguments, megatron) : throw NotMegatron(source);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    static Conversion Prepare(ExportArguments arguments, TorchDistReader source)
    {
        var side = HfSide.Find(arguments, source, FindModel);
        var shapes = source.Tensors.ToDictionary(static t => t.Name, static t => t.Shape, StringComparer.Ordinal);
        var config = side.Config;
        var options = MegatronNames.Options(config.Family, config.Model, shapes, source.Path);
        var map = BridgeCompiler.Compile(config.Family, config.Model, options).Reverse();
        var notes = new List<string>(side.Notes);
        var dtype = arguments.DType ?? StoredType(source, map.Left.Tensors.Select(static t => t.Name));
        if (dtype is { } type && config.Model.TorchDType != type)
        {
            if (arguments.DType is null) { notes.Add($"the weights are {type.DisplayName()}, and config.json is made to say so"); }
            config = config.WithDType(type);
        }
        return new Conversion(
            source, map, config.Model, new SafetensorsWriter(new SafetensorsWriterOptions { MaxShardBytes = arguments.MaxShardSize }), CutLeadingAxes: false,
            [.. side.SideFiles.Select(static f => new SideFile(f.Source, f.Path, f.Length))],
            [new SmallFile("config.json", config.ToUtf8())],
            notes,
            new JsonObject { ["family"] = config.Family.Name, ["padded_vocab_size"] = options.PaddedVocab, ["iteration"] = source.Iteration });
    }

    /// <summary>The element type most of the weights' bytes have.</summary>
    static DType? StoredType(TorchDistReader source, IEnumerable<string> names)
    {
        var read = names.ToHashSet(StringComparer.Ordinal);
        return source.Tensors.Where(t => read.Contains(t.Name)).GroupBy(static t => t.DType)
            .OrderByDescending(static g => g.Sum(static t => t.ByteLength)).Select(static g => (DType?)g.Key).FirstOrDefault();
    }

    static string? FindModel(string model)
    {
        if (Directory.Exists(model)) { return model; }
        try { return new HubCache(HubEnvironment.Current).Find(model, null); }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException or CheckpointException) { return null; }
    }

    static UnsupportedCheckpointException NotFromHuggingFace(ExportArguments arguments) => new(
        "CLI-3.6", arguments.Source, "--to_hf without --mcore_model would rewrite a Hugging Face folder or merge adapters, which is not in this version; give --mcore_model");

    static UnsupportedCheckpointException NotMegatron(ICheckpointReader source) => new(
        "CLI-3.6", source.Path, $"is a {source.Format} checkpoint; --mcore_model takes a Megatron checkpoint");
}
