using Ckpt.Cli.Flags;

namespace Ckpt.Cli.Export;

/// <summary>Where an export's numbers come from: the base model and adapters, as the flags say or as an adapter does.</summary>
/// <param name="Source">The base's checkpoint; empty where an adapter is converted alone and none is given.</param>
/// <param name="SourceIsMcore">Whether it is to be a Megatron checkpoint.</param>
/// <param name="Model">The Hugging Face folder given, where one is.</param>
/// <param name="Adapters">The adapters.</param>
/// <param name="AdaptersAreMcore">Whether they are Megatron's.</param>
/// <param name="Merge">Whether they are merged.</param>
/// <param name="Named">What the output is named after.</param>
/// <param name="IsHubName">Whether that is a name on the hub.</param>
/// <param name="Notes">What of the flags is not followed, and why.</param>
sealed record ExportOrigin(
    string Source, bool SourceIsMcore, string? Model, IReadOnlyList<string> Adapters, bool AdaptersAreMcore, bool Merge, string Named, bool IsHubName, IReadOnlyList<string> Notes)
{
    internal static ExportOrigin Of(FlagValues values, ExportDirection direction, Func<string, string?, string> findModel, Func<string, bool, AdapterOrigin> findBase)
    {
        var notes = new List<string>();
        var (adapters, areMcore) = ChosenAdapters(values, direction, notes);
        var merge = adapters.Count > 0 && Merges(values, direction, areMcore, notes);
        var (model, mcore) = (values.Text("model"), values.Text("mcore_model"));
        if (model is null && mcore is null && merge)
        {
            // CLI-3.13: the first adapter names the model that all are of.
            var named = findBase(adapters[0], areMcore);
            (model, mcore) = (named.Model, named.McoreModel is { } folder && Directory.Exists(folder) ? folder : null);
            if ((IsFromMcore(direction, model, mcore) ? mcore : model) is { } found) { notes.Add($"the base is {found}, which {adapters[0]} names"); }
        }
        if (model is null && mcore is null && (merge || adapters.Count == 0))
        {
            throw new UsageException("CLI-3.2", "export", adapters.Count == 0
                ? "no source: give --model (a Hugging Face folder or hub name) or --mcore_model (a Megatron checkpoint)"
                : $"no base: {adapters[0]} does not name the model it is of; give --model or --mcore_model");
        }
        var fromMcore = IsFromMcore(direction, model, mcore);
        var modelFolder = model is null ? null : findModel(model, values.Text("revision"));
        var source = fromMcore ? mcore! : modelFolder ?? "";
        var name = adapters.Count > 0 ? adapters[0] : fromMcore ? mcore! : model!;
        return new ExportOrigin(source, fromMcore, modelFolder, adapters, areMcore, merge, name, adapters.Count == 0 && !fromMcore && source != model, notes);
    }

    // CLI-3.2: the side that is converted is taken from its own flag where both are given.
    static bool IsFromMcore(ExportDirection direction, string? model, string? mcore) => mcore is not null && (direction == ExportDirection.ToHf || model is null);

    // CLI-3.13: of two kinds given, the one in the other format.
    static (IReadOnlyList<string> Adapters, bool AreMcore) ChosenAdapters(FlagValues values, ExportDirection direction, List<string> notes)
    {
        var (peft, mcore) = (values.List("adapters"), values.List("mcore_adapter"));
        if (peft.Count == 0 || mcore.Count == 0) { return peft.Count > 0 ? (peft, false) : (mcore, mcore.Count > 0); }
        var takesMcore = direction == ExportDirection.ToHf;
        notes.Add($"--adapters and --mcore_adapter are both given; --{(takesMcore ? "to_hf takes --mcore_adapter" : "to_mcore takes --adapters")}");
        return takesMcore ? (mcore, true) : (peft, false);
    }

    static bool Merges(FlagValues values, ExportDirection direction, bool areMcore, List<string> notes)
    {
        if (values.Bool("to_peft_format")) { return values.Bool("merge_lora"); }
        if (values.Has("merge_lora")) { return values.Bool("merge_lora"); }
        if (direction == ExportDirection.ToHf) { return true; }
        // An adapter that is Megatron's already has nothing to be converted to.
        if (areMcore) { notes.Add("--merge_lora is not given: the adapter is in Megatron's format already, so it is merged"); }
        return areMcore;
    }
}
