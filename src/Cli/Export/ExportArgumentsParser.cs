using Ckpt.Cli.Flags;
using Ckpt.Cli.Layouts;
using Ckpt.Cli.Running;

namespace Ckpt.Cli.Export;

/// <summary>Makes sense of the flags of <c>export</c>: which source, which direction, which output.</summary>
static class ExportArgumentsParser
{
    internal const long DefaultShardSize = 5_000_000_000;

    /// <summary>The arguments, with hub names resolved to folders.</summary>
    /// <param name="values">The flags.</param>
    /// <param name="findModel">The folder of a model by name and revision.</param>
    /// <param name="findBase">The model that an adapter names; the second argument says whether the adapter is Megatron's.</param>
    /// <exception cref="UsageException">The flags do not say one conversion.</exception>
    internal static ExportArguments Parse(FlagValues values, Func<string, string?, string> findModel, Func<string, bool, AdapterOrigin> findBase)
    {
        var direction = Direction(values);
        var origin = ExportOrigin.Of(values, direction, findModel, findBase);
        var form = ExportForm.Of(values, direction);
        var sizes = LayoutFlags.Sizes(values);
        return new ExportArguments
        {
            Direction = direction,
            Source = origin.Source,
            SourceIsMcore = origin.SourceIsMcore,
            Model = origin.Model,
            HfConfig = values.Text("hf_config"),
            VocabDivisibleBy = RunFlags.AtLeastOne(values, "make_vocab_size_divisible_by"),
            MegatronVersion = values.Text("megatron_version"),
            Output = RunFlags.CheckedOutput(values.Text("output_dir") ?? DefaultOutput(origin.Named, direction, origin.IsHubName), [origin.Source.Length > 0 ? origin.Source : null, origin.Model, .. origin.Adapters]),
            ReplaceOutput = values.Bool("exist_ok"),
            DType = values.DType("torch_dtype"),
            Compare = values.Bool("test_convert_precision"),
            MaxShardSize = values.Size("max_shard_size") ?? DefaultShardSize,
            DataFiles = RunFlags.AtLeastOne(values, "thread_count"),
            Adapters = origin.Adapters,
            AdaptersAreMcore = origin.AdaptersAreMcore,
            MergeLora = origin.Merge,
            LoraAlpha = Positive(values, "lora_alpha"),
            AdapterTensorParallel = RunFlags.AtLeastOne(values, "adapter_tensor_parallel_size"),
            Float8 = form.Float8,
            CkptFormat = form.CkptFormat,
            Experts = form.Experts,
            Layers = form.Layers,
            Family = values.Text("family"),
            Dialect = form.Dialect,
            TensorCuts = LegacyFlags.Cuts(values),
            ExpertFormat = form.ExpertFormat,
            MtpLayers = NotNegative(values, "mtp_num_layers"),
            KeepUnknown = values.Bool("save_missing_weights"),
            Parallel = sizes,
            Stages = LayoutFlags.Stages(values, sizes),
            DryRun = values.Bool("dry_run"),
            ReportPath = RunFlags.Report(values),
            Fingerprint = RunFlags.Fingerprint(values),
            MaxMemory = values.Size("max_memory"),
            Workers = RunFlags.AtLeastOne(values, "workers"),
            Restart = values.Bool("restart"),
            Notes = [.. origin.Notes, .. form.Notes],
        };
    }

    /// <summary>The source's name with the new format behind: beside a folder, in the current one for a hub name (CLI-3.3).</summary>
    internal static string DefaultOutput(string source, ExportDirection direction, bool isHubName)
    {
        var suffix = direction == ExportDirection.ToMcore ? "-mcore" : "-hf";
        if (isHubName)
        {
            var name = source.Split('@')[0];
            return name[(name.LastIndexOf('/') + 1)..] + suffix;
        }
        return Path.TrimEndingDirectorySeparator(Path.GetFullPath(source)) + suffix;
    }

    static ExportDirection Direction(FlagValues values) => (values.Bool("to_mcore"), values.Bool("to_hf") || values.Bool("to_peft_format")) switch
    {
        (true, false) => ExportDirection.ToMcore,
        (false, true) => ExportDirection.ToHf,
        (true, true) => throw new UsageException("CLI-3.1", "export", "--to_mcore and --to_hf are both given: choose one"),
        _ => throw new UsageException("CLI-3.1", "export", "give --to_mcore true (write a Megatron checkpoint) or --to_hf true (write Hugging Face safetensors)"),
    };

    static int? NotNegative(FlagValues values, string name) => values.Int(name) is { } number and < 0
        ? throw new UsageException("CLI-1.7", "--" + name, $"{number}; at least 0 is allowed")
        : values.Int(name);

    static double? Positive(FlagValues values, string name) => values.Number(name) is { } number and <= 0
        ? throw new UsageException("CLI-1.7", "--" + name, $"{number}; a number above 0 is allowed")
        : values.Number(name);
}
