using System.Text.Json.Nodes;
using Ckpt.Cli.Running;
using Ckpt.Formats;
using Ckpt.Formats.Megatron;
using Ckpt.Formats.Opening;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Adapters;
using Ckpt.Models.Bridge;
using Ckpt.Models.Configs;
using Ckpt.Models.Opening;

namespace Ckpt.Cli.Export;

/// <summary>Prepares adapters on their own: Megatron's ⇄ PEFT's. The base is needed for its config only.</summary>
static class AdapterExport
{
    internal static Conversion Prepare(ExportArguments arguments)
    {
        if (arguments.Adapters is not [var path]) { throw Throw.Several(arguments); }
        if (arguments.AdaptersAreMcore == (arguments.Direction == ExportDirection.ToMcore)) { throw Throw.SameFormat(path, arguments.AdaptersAreMcore); }
        if (arguments.Direction == ExportDirection.ToMcore && arguments.CkptFormat != FormatNames.TorchDist) { throw Throw.OtherFormat(arguments.CkptFormat); }
        var config = Config(arguments, path);
        arguments.Kind?.Check(config.Model.ModelType, config.Where);
        var adapter = ExportSource.OpenAdapter(arguments, path);
        try
        {
            var conversion = adapter is McoreAdapter mcore
                ? PeftExport.Plan(mcore, config, arguments.Model)
                : McoreExport.Plan((PeftAdapter)adapter, config, new McoreExportOptions
                {
                    Sizes = arguments.Parallel,
                    Dialect = arguments.Dialect,
                    PaddedVocab = arguments.VocabDivisibleBy is { } divisible
                        ? VocabPadding.Native(config.Model.VocabSize, arguments.Parallel.Tensor, divisible)
                        : VocabPadding.Swift(config.Model.VocabSize, arguments.Parallel.Tensor),
                    FileCount = arguments.DataFiles ?? 1,
                    Form = MegatronForm.Of(arguments.MegatronVersion),
                    Model = arguments.Model ?? arguments.Source,
                });
            return new Conversion(
                conversion.Source, conversion.Map, Model: null, conversion.Writer, CutLeadingAxes: false, [], conversion.Closing, conversion.Notes,
                new JsonObject { ["family"] = config.Family.Name, ["adapter"] = path })
            { Targets = conversion.Targets, Decides = arguments.AdapterOptions };
        }
        catch
        {
            adapter.Dispose();
            throw;
        }
    }

    /// <summary>The config of the model that an adapter is of: what was given, else what Megatron-SWIFT's args.json beside the adapter names.</summary>
    static HfConfig Config(ExportArguments arguments, string path)
    {
        if ((arguments.HfConfig ?? arguments.Model) is { } given) { return HfSide.ReadConfig(given, arguments.Family); }
        if (arguments.Source.Length > 0) { return OfMegatron(arguments, arguments.Source); }
        var named = AdapterOrigin.Find(path, arguments.AdaptersAreMcore);
        if (named.Model is { } model && ExportSource.FindModel(model) is { } found) { return HfSide.ReadConfig(found, arguments.Family); }
        return named.McoreModel is { } mcore && Directory.Exists(mcore) ? OfMegatron(arguments, mcore) : throw Throw.NoConfig(path);
    }

    static HfConfig OfMegatron(ExportArguments arguments, string path)
    {
        using var reader = ModelFormats.Open(path);
        return reader is IMegatronReader megatron ? HfSide.OfMegatron(path, megatron, ExportSource.Options(arguments)).Config : throw Throw.NoMegatron(reader);
    }

    static class Throw
    {
        internal static UnsupportedCheckpointException Several(ExportArguments arguments) => new(
            "CLI-3.12", "--adapters", $"{arguments.Adapters.Count} adapters; one at a time is converted, several are merged with --merge_lora true");

        internal static UnsupportedCheckpointException SameFormat(string path, bool mcore) => new(
            "CLI-3.12", path, $"is an adapter in {(mcore ? "Megatron's" : "PEFT's")} format already; --merge_lora true merges it into the base, --{(mcore ? "to_hf" : "to_mcore")} true converts it");

        internal static UnsupportedCheckpointException NoMegatron(ICheckpointReader reader) => new(
            "CLI-3.6", reader.Path, $"is a {reader.Format} checkpoint; --mcore_model takes a Megatron checkpoint");

        internal static UnsupportedCheckpointException OtherFormat(string format) => new(
            "CLI-3.12", "--ckpt_format", $"adapters are written as torch_dist, which Megatron-SWIFT reads; {format} is for whole models");

        internal static MalformedCheckpointException NoConfig(string path) => new(
            "CLI-3.8", path, "the config of the model that the adapter is of is needed; give --model, a Hugging Face folder, or --mcore_model");
    }
}
