using Ckpt.Cli.Running;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Megatron;
using Ckpt.Models.Megatron.Legacy;
using Ckpt.Sharding.Layouts;

namespace Ckpt.Cli.Export;

/// <summary>Which format is written.</summary>
enum ExportDirection
{
    ToMcore, ToHf,
}

/// <summary>What a line of <c>export</c> asks for, once understood.</summary>
sealed record ExportArguments
{
    /// <summary>The command, as the receipt names it.</summary>
    internal string Command { get; init; } = "export";

    /// <summary>Which format is written.</summary>
    internal required ExportDirection Direction { get; init; }

    /// <summary>
    /// The checkpoint whose weights are converted, or that an adapter is of: a Hugging Face folder or a Megatron checkpoint, as <see cref="SourceIsMcore"/>
    /// says. Empty where an adapter is converted alone and its base is not given.
    /// </summary>
    internal required string Source { get; init; }

    /// <summary>Whether <see cref="Source"/> came from --mcore_model.</summary>
    internal required bool SourceIsMcore { get; init; }

    /// <summary>The Hugging Face folder of --model, for config.json and tokenizer files; null where none was given.</summary>
    internal string? Model { get; init; }

    /// <summary>A config.json, or the folder of one, to take in place of the source's; null where none was given.</summary>
    internal string? HfConfig { get; init; }

    /// <summary>Megatron-LM's vocabulary rule: rows are padded to a multiple of this times the tensor parallel size; null for Megatron-SWIFT's rule.</summary>
    internal int? VocabDivisibleBy { get; init; }

    /// <summary>The megatron-core version that is to read the output; null for a form that all do.</summary>
    internal string? MegatronVersion { get; init; }

    /// <summary>Where to write. Never inside the source.</summary>
    internal required string Output { get; init; }

    /// <summary>Whether an output that exists may be replaced.</summary>
    internal bool ReplaceOutput { get; init; }

    /// <summary>The type of the weights written; null keeps what is stored.</summary>
    internal DType? DType { get; init; }

    /// <summary>Whether to read back and compare what was written.</summary>
    internal bool Compare { get; init; }

    /// <summary>Largest safetensors file, in bytes.</summary>
    internal long MaxShardSize { get; init; }

    /// <summary>How many .distcp files; null leaves it to the writer.</summary>
    internal int? DataFiles { get; init; }

    /// <summary>Adapters, in the order they are merged; PEFT folders or, as <see cref="AdaptersAreMcore"/> says, Megatron's.</summary>
    internal IReadOnlyList<string> Adapters { get; init; } = [];

    /// <summary>Whether <see cref="Adapters"/> are Megatron's.</summary>
    internal bool AdaptersAreMcore { get; init; }

    /// <summary>Whether adapters are merged into the weights; otherwise they are converted alone.</summary>
    internal bool MergeLora { get; init; }

    /// <summary>lora_alpha, where a Megatron adapter does not say it; null: it does.</summary>
    internal double? LoraAlpha { get; init; }

    /// <summary>What an adapter's change is scaled by, whatever its rank and the args beside it say; null: as those say.</summary>
    internal double? LoraScaling { get; init; }

    /// <summary>The tensor parallel size an adapter was saved under, where its files do not say.</summary>
    internal int? AdapterTensorParallel { get; init; }

    /// <summary>Whether 8-bit weights are written: kept where the source has them, else quantised in blocks.</summary>
    internal bool Float8 { get; init; }

    /// <summary>The Megatron format written.</summary>
    internal string CkptFormat { get; init; } = Formats.Opening.FormatNames.TorchDist;

    /// <summary>Whose experts legacy files are written for.</summary>
    internal LegacyExperts Experts { get; init; }

    /// <summary>Whose layers legacy files are written for.</summary>
    internal LegacyLayers Layers { get; init; }

    /// <summary>What the model is said to be, which its config must agree with; null: nothing is said.</summary>
    internal MindSpeed.ConvertFamilies? Kind { get; init; }

    /// <summary>How layers lie in a legacy checkpoint that is read, in place of what its args say; null: as they say.</summary>
    internal StageOptions? StoredStages { get; init; }

    /// <summary>How ranks share tensors of legacy files that no table knows.</summary>
    internal IReadOnlyList<CutOverride> TensorCuts { get; init; } = [];

    /// <summary>Whether the vocabulary is written without padding, which ranks then have to be able to share.</summary>
    internal bool KeepVocabulary { get; init; }

    /// <summary>Whether a Hugging Face folder has a file a layer, as MindSpeed-LLM's converter writes it.</summary>
    internal bool FilePerLayer { get; init; }

    /// <summary>The family to read the model as; null: the config's.</summary>
    internal string? Family { get; init; }

    /// <summary>Whose order of rows gated attention has on the Megatron side, where it has to be said.</summary>
    internal string? Dialect { get; init; }

    /// <summary>One tensor an expert (<c>per expert</c>) or all in one (<c>fused</c>) in the Hugging Face folder written; null: as the family's files have it.</summary>
    internal string? ExpertFormat { get; init; }

    /// <summary>Multi-token prediction layers; null takes what config.json says.</summary>
    internal int? MtpLayers { get; init; }

    /// <summary>Whether source tensors that the family does not know are carried over.</summary>
    internal bool KeepUnknown { get; init; }

    /// <summary>The layout asked for.</summary>
    internal ParallelSizes Parallel { get; init; } = new();

    /// <summary>How it places layers on stages.</summary>
    internal StageOptions Stages { get; init; } = StageOptions.Even;

    /// <summary>Whether to print the plan only.</summary>
    internal bool DryRun { get; init; }

    /// <summary>Where a page of the comparison goes; null: none is asked for.</summary>
    internal string? ReportPath { get; init; }

    /// <summary>Whether source and output are fingerprinted for the receipt; null: where they are compared.</summary>
    internal bool? Fingerprint { get; init; }

    /// <summary>Most bytes of memory to use; null leaves it to the engine.</summary>
    internal long? MaxMemory { get; init; }

    /// <summary>Worker threads; null is one a processor.</summary>
    internal int? Workers { get; init; }

    /// <summary>Whether an interrupted run is begun again and not continued.</summary>
    internal bool Restart { get; init; }

    /// <summary>Which of how many processes this is.</summary>
    internal WorkerEnvironment Environment { get; init; } = new(0, 1);

    /// <summary>What changes numbers besides the files read.</summary>
    internal string AdapterOptions => Adapters.Count == 0 ? "" : FormattableString.Invariant($"adapters {string.Join('|', Adapters)} alpha {LoraAlpha} scaling {LoraScaling} TP {AdapterTensorParallel}");

    /// <summary>What of the flags is decided otherwise than a user may expect.</summary>
    internal IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>What does not depend on the command.</summary>
    internal RunSettings Settings => new()
    {
        Command = Command,
        Source = Adapters.Count > 0 && !MergeLora ? Adapters[0] : Source,
        Output = Output,
        ReplaceOutput = ReplaceOutput,
        DType = DType,
        Compare = Compare,
        KeepUnknown = KeepUnknown,
        DryRun = DryRun,
        ReportPath = ReportPath,
        Fingerprint = Fingerprint,
        MaxMemory = MaxMemory,
        Threads = Workers,
        Restart = Restart,
        Environment = Environment,
    };
}
