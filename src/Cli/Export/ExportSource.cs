using Ckpt.Cli.Running;
using Ckpt.Formats;
using Ckpt.Formats.Hub;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Adapters;
using Ckpt.Models.Families;
using Ckpt.Models.Megatron.Legacy;
using Ckpt.Models.Opening;
using Ckpt.Models.Quantisation;
using Ckpt.Sharding.Quantised;
using Ckpt.Verify.Comparing;

namespace Ckpt.Cli.Export;

/// <summary>What an export reads: a model whose quantised weights are numbers where they are to be, and into which adapters are merged.</summary>
/// <param name="Model">The model.</param>
/// <param name="Scheme">How it is quantised, where that is kept.</param>
/// <param name="Afterwards">The receipts of a merge.</param>
/// <param name="Notes">Decisions the user should know of.</param>
sealed record ExportSource(ModelCheckpoint Model, QuantScheme? Scheme, Func<ConversionReceipt>? Afterwards, IReadOnlyList<string> Notes)
{
    /// <summary>The adapters' checkpoints, where some are merged.</summary>
    internal IReadOnlyList<ICheckpointReader> Adapters { get; init; } = [];

    /// <summary>The model under the names that fingerprints are made under; null where its weights are quantised.</summary>
    internal Func<LogicalSide>? Logical => Scheme is null && Model.Side.Config.Model.QuantMethod is null ? () => new LogicalSide(Model.Reader, CanonicalNames.Of(Model)) : null;

    /// <summary>The checkpoint of --model or --mcore_model, as a model.</summary>
    /// <exception cref="UnsupportedCheckpointException">CLI-3.6: it is not of the kind that the flag takes.</exception>
    internal static ExportSource Open(ExportArguments arguments)
    {
        var model = OpenModel(arguments);
        try
        {
            var isMegatron = model.Naming == FamilySide.Megatron;
            if (isMegatron != arguments.SourceIsMcore)
            {
                throw new UnsupportedCheckpointException("CLI-3.6", model.Reader.Path, isMegatron
                    ? $"is a {model.Reader.Format} checkpoint of Megatron; give it with --mcore_model"
                    : $"is a {model.Reader.Format} checkpoint; --mcore_model takes a Megatron checkpoint");
            }
            arguments.Kind?.Check(model.Side.Config.Model.ModelType, model.Side.Config.Where);
            if (isMegatron && arguments.Adapters.Count == 0 && McoreAdapter.IsAdapter(model.Reader)) { throw Throw.AdapterInside(model.Reader.Path); }
            return Merged(arguments, Numbers(arguments, model));
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    static Dictionary<string, string> Choices(ExportArguments arguments) => arguments.Dialect is { } dialect ? new() { [ModelCheckpoint.DialectChoice] = dialect } : [];

    static ModelCheckpoint OpenModel(ExportArguments arguments)
    {
        if (arguments.StoredStages is null && arguments.TensorCuts.Count == 0) { return ModelCheckpoint.Open(arguments.Source, Options(arguments)); }
        var reader = LegacySource.Open(arguments.Source, new LegacyReadOptions { Stages = arguments.StoredStages, Overrides = arguments.TensorCuts });
        try { return ModelCheckpoint.Of(reader, arguments.Source, Options(arguments)); }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    internal static ModelOpenOptions Options(ExportArguments arguments) => new()
    {
        Model = arguments.SourceIsMcore ? arguments.Model : null,
        HfConfig = arguments.HfConfig,
        Family = arguments.Family,
        Choices = Choices(arguments),
        MtpLayers = arguments.MtpLayers,
        FindModel = FindModel,
    };

    /// <summary>CLI-3.10: quantised weights become numbers, unless 8-bit ones are asked for, or are what a Megatron checkpoint has and no other type is asked for.</summary>
    static ExportSource Numbers(ExportArguments arguments, ModelCheckpoint model)
    {
        var config = model.Side.Config;
        // A checkpoint of Megatron may hold the numbers that a quantised model was trained from.
        var plain = model.Naming == FamilySide.Megatron && model.Reader.Tensors.All(static t => t.DType is DType.BF16 or DType.F16 or DType.F32 && !t.Name.EndsWith(QuantViews.ScaleSuffix, StringComparison.Ordinal));
        if (plain || QuantScheme.Of(config, model.Reader) is not { } scheme)
        {
            return config.Model.QuantMethod is null ? new ExportSource(model, null, null, []) : new ExportSource(model.With(model.Reader, model.Side with { Config = config.WithoutQuantisation() }), null, null, [$"config.json says the weights are quantised ({config.Model.QuantMethod}); they are not, and what is written says so"]);
        }
        var keeps = config.Model.QuantMethod == "fp8" && (arguments.Float8 || (arguments.DType is null && (arguments.SourceIsMcore || arguments.Direction == ExportDirection.ToHf)));
        if (keeps && arguments.Adapters.Count == 0) { return new ExportSource(model, scheme, null, []); }
        var type = arguments.DType ?? (config.Model.TorchDType is DType.F16 or DType.F32 ? config.Model.TorchDType.Value : DType.BF16);
        return new ExportSource(
            model.With(scheme.Dequantise(model.Reader, type), model.Side with { Config = config.WithoutQuantisation() }), null, null,
            [$"{scheme.Tensors.Count:N0} tensors are quantised ({config.Model.QuantMethod}) and become {type.DisplayName()}{(config.Model.QuantMethod == "fp8" ? "; --fp8_param_gather true keeps 8 bits" : "")}"]);
    }

    static ExportSource Merged(ExportArguments arguments, ExportSource source)
    {
        if (arguments.Adapters.Count == 0) { return source; }
        var adapters = arguments.Adapters.Select(path => OpenAdapter(arguments, path)).ToArray();
        var merge = AdapterMerge.Plan(source.Model.Reader, adapters, source.Model.Side.Config, new AdapterMergeOptions { Naming = source.Model.Naming, Choices = source.Model.Own.Choices });
        return source with { Model = source.Model.With(merge.Checkpoint, source.Model.Side), Afterwards = () => MergeReport.Of(merge.Receipts()), Notes = [.. source.Notes, .. merge.Adapters.SelectMany(static a => a.Notes)], Adapters = [.. adapters.Select(static adapter => adapter.Reader)] };
    }

    internal static IAdapter OpenAdapter(ExportArguments arguments, string path) => arguments.AdaptersAreMcore
        ? McoreAdapter.Open(path, new McoreAdapterOptions { Alpha = arguments.LoraAlpha, Scaling = arguments.LoraScaling, SavedTensorParallel = arguments.AdapterTensorParallel, Choices = Choices(arguments) })
        : PeftAdapter.Open(path);

    internal static string? FindModel(string model)
    {
        if (Directory.Exists(model)) { return model; }
        try { return new HubCache(HubEnvironment.Current).Find(model, null); }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException or CheckpointException) { return null; }
    }

    static class Throw
    {
        internal static UnsupportedCheckpointException AdapterInside(string path) => new(
            "CLI-3.16", path, "holds an adapter beside the weights it was trained on, which alone would be the model before training; give the same folder as --mcore_adapter too (convert_ckpt: --lora-r and --lora-alpha) to merge it, or to convert it alone");
    }
}
