using Ckpt.Cli.Export;
using Ckpt.Cli.Flags;
using Ckpt.Cli.Layouts;
using Ckpt.Cli.Reshard;
using Ckpt.Cli.Running;
using Ckpt.Formats.Opening;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Megatron.Legacy;
using Ckpt.Models.Megatron.State;
using Ckpt.Sharding.Layouts;

namespace Ckpt.Cli.MindSpeed;

/// <summary>Makes sense of MindSpeed-LLM's converters' flags.</summary>
static class ConvertArgumentsParser
{
    const string OutputOfFirst = "mg2hf";

    /// <summary>The arguments.</summary>
    /// <param name="values">The flags.</param>
    /// <param name="hasConfig">Whether a folder has a config.json: in V1, mg to hf, the output's folder is the model's.</param>
    /// <exception cref="UsageException">The flags do not say one conversion.</exception>
    internal static ConvertArguments Parse(FlagValues values, Func<string, bool> hasConfig)
    {
        var line = ConvertLine.Of(values);
        var kind = values.Text("model_type_hf") is { } said ? ConvertFamilies.Of(said) : null;
        var lora = ConvertLora.Of(values, line);
        var notes = new List<string>(lora.Notes);
        if (line.DType == DType.F16) { notes.Add("--params-dtype fp16: a bfloat16 weight below 2^-17 loses digits in float16, one above 65504 becomes infinite"); }
        var sizes = LayoutFlags.Sizes(values, expertTensor: null);
        var stages = LayoutFlags.Stages(values, sizes);
        if (line.FromMegatron && line.ToMegatron && lora.Adapters.Count == 0) { return new ConvertArguments(line.Era, null, Reshard(values, line, sizes, stages), notes); }

        var isFirst = line.Era == ConvertEra.First;
        var model = line.FromMegatron ? values.Text("hf_cfg_dir") ?? (isFirst && !line.ToMegatron && hasConfig(line.Save) ? line.Save : null) : line.Load;
        var output = isFirst && !line.ToMegatron ? Path.Combine(line.Save, OutputOfFirst) : line.Save;
        if (line.ToMegatron) { notes.AddRange(PaddingNotes(values, line, sizes)); }
        else { notes.AddRange(IgnoredNotes(values)); }
        return new ConvertArguments(line.Era, new ExportArguments
        {
            Command = "convert_ckpt",
            Direction = line.ToMegatron ? ExportDirection.ToMcore : ExportDirection.ToHf,
            Source = line.Load,
            SourceIsMcore = line.FromMegatron,
            Model = model,
            Kind = kind,
            Output = RunFlags.CheckedOutput(output, [line.Load, model, .. lora.Adapters]),
            ReplaceOutput = values.Bool("exist_ok"),
            DType = line.DType,
            Compare = values.Bool("test_convert_precision"),
            MaxShardSize = ExportArgumentsParser.DefaultShardSize,
            FilePerLayer = !isFirst,
            Adapters = lora.Adapters,
            AdaptersAreMcore = lora.Adapters.Count > 0,
            MergeLora = lora.Merge,
            LoraScaling = lora.Scaling,
            LoraAlpha = lora.Alpha,
            CkptFormat = Format(values),
            Experts = Experts(values),
            Layers = Layers(values),
            Dialect = line.ToMegatron && Layers(values) == LegacyLayers.MindSpeed ? "mindspeed" : null,
            StoredStages = line.FromMegatron && !line.ToMegatron && SaysStages(values) ? stages : null,
            MtpLayers = values.Int("mtp_num_layers"),
            VocabDivisibleBy = isFirst ? RunFlags.AtLeastOne(values, "make_vocab_size_divisible_by") ?? 1 : null,
            KeepVocabulary = !isFirst,
            Parallel = line.ToMegatron ? sizes : new ParallelSizes(),
            Stages = line.ToMegatron ? stages : StageOptions.Even,
            DryRun = values.Bool("dry_run"),
            ReportPath = RunFlags.Report(values),
            Fingerprint = RunFlags.Fingerprint(values),
            MaxMemory = values.Size("max_memory"),
            Workers = RunFlags.AtLeastOne(values, "workers"),
            Restart = values.Bool("restart"),
        }, null, notes);
    }

    static ReshardArguments Reshard(FlagValues values, ConvertLine line, ParallelSizes sizes, StageOptions stages) => new()
    {
        Settings = RunFlags.Settings(values, "convert_ckpt", line.Load, RunFlags.CheckedOutput(line.Save, line.Load)) with { DType = line.DType },
        Format = Format(values),
        Sizes = sizes,
        Stages = stages,
        Optimizer = OptimizerTarget.Dropped,
        DropRng = true,
        VocabDivisibleBy = RunFlags.AtLeastOne(values, "make_vocab_size_divisible_by"),
        Experts = Experts(values),
        Layers = Layers(values),
    };

    static string Format(FlagValues values) => values.Text("ckpt_format") switch
    {
        null => FormatNames.LegacyTorch,
        FormatNames.LegacyTorch or FormatNames.TorchDist or FormatNames.Zarr => values.Text("ckpt_format")!,
        var other => throw new UsageException("CLI-10.4", "--ckpt-format", $"{other}; allowed are torch, torch_dist and zarr"),
    };

    static LegacyLayers Layers(FlagValues values) => values.Text("transformer_impl") switch
    {
        null or "local" => LegacyLayers.MindSpeed,
        "transformer_engine" => LegacyLayers.TransformerEngine,
        var other => throw new UsageException("CLI-10.4", "--transformer-impl", $"{other}; allowed are local and transformer_engine"),
    };

    static LegacyExperts Experts(FlagValues values) => !values.Bool("moe_grouped_gemm") ? LegacyExperts.Sequential
        : Layers(values) == LegacyLayers.MindSpeed ? LegacyExperts.Grouped : LegacyExperts.TransformerEngineGrouped;

    static bool SaysStages(FlagValues values) => values.Has("noop_layers") || values.Has("num_layer_list") || values.Has("schedules_method");

    static IEnumerable<string> PaddingNotes(FlagValues values, ConvertLine line, ParallelSizes sizes)
    {
        if (line.Era == ConvertEra.First && (sizes.Tensor > 1 || values.Has("make_vocab_size_divisible_by")))
        {
            yield return "rows that pad the vocabulary are zeros here and copies of the last row in V1; they belong to no token";
        }
        if (Layers(values) == LegacyLayers.TransformerEngine) { yield return "norms are in the projections behind them, as Megatron-core's Transformer Engine layers have all of them; V2 leaves some of dense layers where they are"; }
    }

    static IEnumerable<string> IgnoredNotes(FlagValues values)
    {
        string[] ignored =
        [
            .. new[] { "tensor_model_parallel_size", "pipeline_model_parallel_size", "expert_model_parallel_size", "expert_tensor_parallel_size", "num_layers_per_virtual_pipeline_stage", "moe_grouped_gemm", "moe_tp_extend_ep", "ckpt_format", "transformer_impl" }
                .Where(name => values.Has(name) && values.Text(name) != "1"),
        ];
        if (ignored.Length > 0) { yield return $"{string.Join(", ", ignored.Select(static name => "--" + name))}: how the source lies is read from its files"; }
    }
}
