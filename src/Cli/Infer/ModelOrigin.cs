using Ckpt.Cli.Export;
using Ckpt.Cli.Flags;
using Ckpt.Formats.Tensors;

namespace Ckpt.Cli.Infer;

/// <summary>Which checkpoint is run: a base, and adapters merged into it.</summary>
/// <param name="Source">The base.</param>
/// <param name="SourceIsMcore">Whether it is a Megatron checkpoint.</param>
/// <param name="Model">The Hugging Face folder, where one is given.</param>
/// <param name="Adapters">The adapters.</param>
/// <param name="AdaptersAreMcore">Whether they are Megatron's.</param>
sealed record ModelOrigin(string Source, bool SourceIsMcore, string? Model, IReadOnlyList<string> Adapters, bool AdaptersAreMcore)
{
    internal double? LoraAlpha { get; init; }

    internal string? HfConfig { get; init; }

    internal string? Family { get; init; }

    internal string? Dialect { get; init; }

    /// <summary>What results and messages call it: the adapter, else the base.</summary>
    internal string Named => Adapters.Count > 0 ? Adapters[0] : Source;

    /// <summary>What the flags say.</summary>
    /// <param name="values">The flags.</param>
    /// <param name="findModel">The folder of a model by name and revision.</param>
    /// <param name="findBase">The model that an adapter names; the second argument says whether the adapter is Megatron's.</param>
    /// <param name="notes">Told what was found otherwise than by flags.</param>
    /// <exception cref="UsageException">INF-6.1: they do not say one model.</exception>
    internal static ModelOrigin Of(FlagValues values, Func<string, string?, string> findModel, Func<string, bool, AdapterOrigin> findBase, List<string> notes)
    {
        var (peft, megatron) = (values.List("adapters"), values.List("mcore_adapter"));
        if (peft.Count > 0 && megatron.Count > 0) { throw new UsageException("INF-6.1", "--adapters", "and --mcore_adapter are both given; adapters of one kind are merged"); }
        var adapters = peft.Count > 0 ? peft : megatron;
        var (model, mcore) = (values.Text("model"), values.Text("mcore_model"));
        if (model is null && mcore is null && adapters.Count > 0)
        {
            var named = findBase(adapters[0], megatron.Count > 0);
            (model, mcore) = (named.Model, named.Model is null && named.McoreModel is { } folder && Directory.Exists(folder) ? folder : null);
            if ((model ?? mcore) is { } found) { notes.Add($"the base is {found}, which {adapters[0]} names"); }
        }
        if (model is null && mcore is null)
        {
            throw new UsageException("INF-6.1", "infer", adapters.Count == 0
                ? "no model: give --model (a Hugging Face folder or hub name) or --mcore_model (a Megatron checkpoint)"
                : $"no base: {adapters[0]} does not name the model it is of; give --model or --mcore_model");
        }
        var folderOfModel = model is null ? null : findModel(model, values.Text("revision"));
        return new ModelOrigin(mcore ?? folderOfModel!, mcore is not null, folderOfModel, adapters, megatron.Count > 0)
        {
            LoraAlpha = values.Number("lora_alpha"),
            HfConfig = values.Text("hf_config"),
            Family = values.Text("family"),
            Dialect = values.Text("dialect"),
        };
    }

    /// <summary>The same as a source of numbers: whatever is quantised is read as such.</summary>
    internal ExportArguments ToExport() => new()
    {
        Command = "infer",
        Direction = ExportDirection.ToHf,
        Source = Source,
        SourceIsMcore = SourceIsMcore,
        Model = Model,
        HfConfig = HfConfig,
        Output = "",
        DType = DType.BF16,
        Adapters = Adapters,
        AdaptersAreMcore = AdaptersAreMcore,
        MergeLora = Adapters.Count > 0,
        LoraAlpha = LoraAlpha,
        Family = Family,
        Dialect = Dialect,
    };
}
