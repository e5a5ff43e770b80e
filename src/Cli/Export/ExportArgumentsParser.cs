using Ckpt.Cli.Flags;
using Ckpt.Cli.Layouts;
using Ckpt.Cli.Running;

namespace Ckpt.Cli.Export;

/// <summary>Makes sense of the flags of <c>export</c>: which source, which direction, which output.</summary>
static class ExportArgumentsParser
{
    internal const long DefaultShardSize = 5_000_000_000;

    /// <summary>The arguments, with hub names resolved to folders.</summary>
    /// <exception cref="UsageException">The flags do not say one conversion.</exception>
    internal static ExportArguments Parse(FlagValues values, Func<string, string?, string> findModel)
    {
        var direction = Direction(values);
        var (model, mcore) = (values.Text("model"), values.Text("mcore_model"));
        if (model is null && mcore is null)
        {
            throw new UsageException("CLI-3.2", "export", "no source: give --model (a Hugging Face folder or hub name) or --mcore_model (a Megatron checkpoint)");
        }

        // CLI-3.2: the side that is converted is taken from its own flag where both are given.
        var fromMcore = mcore is not null && (direction == ExportDirection.ToHf || model is null);
        var asked = fromMcore ? mcore! : model!;
        var modelFolder = model is null ? null : findModel(model, values.Text("revision"));
        var source = fromMcore ? mcore! : modelFolder!;
        var sizes = LayoutFlags.Sizes(values);
        return new ExportArguments
        {
            Direction = direction,
            Source = source,
            SourceIsMcore = fromMcore,
            Model = modelFolder,
            HfConfig = values.Text("hf_config"),
            VocabDivisibleBy = RunFlags.AtLeastOne(values, "make_vocab_size_divisible_by"),
            MegatronVersion = values.Text("megatron_version"),
            Output = RunFlags.CheckedOutput(values.Text("output_dir") ?? DefaultOutput(asked, direction, isHubName: !fromMcore && source != asked), source, modelFolder),
            ReplaceOutput = values.Bool("exist_ok"),
            DType = values.DType("torch_dtype"),
            Compare = values.Bool("test_convert_precision"),
            MaxShardSize = values.Size("max_shard_size") ?? DefaultShardSize,
            DataFiles = RunFlags.AtLeastOne(values, "thread_count"),
            MtpLayers = NotNegative(values, "mtp_num_layers"),
            KeepUnknown = values.Bool("save_missing_weights"),
            Parallel = sizes,
            Stages = LayoutFlags.Stages(values, sizes),
            DryRun = values.Bool("dry_run"),
            MaxMemory = values.Size("max_memory"),
            Workers = RunFlags.AtLeastOne(values, "workers"),
            Restart = values.Bool("restart"),
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

    static ExportDirection Direction(FlagValues values) => (values.Bool("to_mcore"), values.Bool("to_hf")) switch
    {
        (true, false) => ExportDirection.ToMcore,
        (false, true) => ExportDirection.ToHf,
        (true, true) => throw new UsageException("CLI-3.1", "export", "--to_mcore and --to_hf are both given: choose one"),
        _ => throw new UsageException("CLI-3.1", "export", "give --to_mcore true (write Megatron torch_dist) or --to_hf true (write Hugging Face safetensors)"),
    };

    static int? NotNegative(FlagValues values, string name) => values.Int(name) is { } number and < 0
        ? throw new UsageException("CLI-1.7", "--" + name, $"{number}; at least 0 is allowed")
        : values.Int(name);
}
