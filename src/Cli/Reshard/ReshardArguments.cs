using Ckpt.Cli.Running;
using Ckpt.Models.Megatron;
using Ckpt.Models.Megatron.Legacy;
using Ckpt.Models.Megatron.State;
using Ckpt.Sharding.Layouts;

namespace Ckpt.Cli.Reshard;

/// <summary>What a line of <c>reshard</c> asks for, once understood.</summary>
sealed record ReshardArguments
{
    /// <summary>How it is run and where it goes.</summary>
    internal required RunSettings Settings { get; init; }

    /// <summary>The format written, by Megatron's name; null: the source's.</summary>
    internal string? Format { get; init; }

    /// <summary>The sizes of the run that is to load it; null where none is given: those it was saved under.</summary>
    internal ParallelSizes? Sizes { get; init; }

    /// <summary>How layers are placed on stages.</summary>
    internal required StageOptions Stages { get; init; }

    /// <summary>What becomes of optimizer state.</summary>
    internal OptimizerTarget Optimizer { get; init; }

    /// <summary>Whose experts legacy files are written for.</summary>
    internal LegacyExperts Experts { get; init; }

    /// <summary>Whose layers legacy files are written for.</summary>
    internal LegacyLayers Layers { get; init; }

    /// <summary>How ranks share tensors that no table knows.</summary>
    internal IReadOnlyList<CutOverride> TensorCuts { get; init; } = [];

    /// <summary>Whether random number states are left out.</summary>
    internal bool DropRng { get; init; }

    /// <summary>The megatron-core version that is to read the output; null for a form that all do.</summary>
    internal string? MegatronVersion { get; init; }

    /// <summary>How many .distcp files; null leaves it to the size.</summary>
    internal int? DataFiles { get; init; }

    /// <summary>The vocabulary's rows are padded to a multiple of this times the tensor parallel size; null keeps them where they can be shared.</summary>
    internal int? VocabDivisibleBy { get; init; }
}
