using Ckpt.Formats.Tensors;

namespace Ckpt.Cli.Running;

/// <summary>How a conversion is run and where it goes, whatever command asked for it.</summary>
sealed record RunSettings
{
    /// <summary>The command, as the receipt names it.</summary>
    internal required string Command { get; init; }

    /// <summary>The source, as reports name it.</summary>
    internal required string Source { get; init; }

    /// <summary>Where to write. Never inside the source.</summary>
    internal required string Output { get; init; }

    /// <summary>Whether an output that exists may be replaced.</summary>
    internal bool ReplaceOutput { get; init; }

    /// <summary>The type of the weights written; null keeps what is stored.</summary>
    internal DType? DType { get; init; }

    /// <summary>Whether to read back and compare what was written.</summary>
    internal bool Compare { get; init; }

    /// <summary>Whether source tensors that nothing knows are carried over.</summary>
    internal bool KeepUnknown { get; init; }

    /// <summary>Whether to print the plan only.</summary>
    internal bool DryRun { get; init; }

    /// <summary>Most bytes of memory to use; null leaves it to the engine.</summary>
    internal long? MaxMemory { get; init; }

    /// <summary>Threads; null leaves it to the engine.</summary>
    internal int? Threads { get; init; }

    /// <summary>Whether an interrupted run is begun again and not continued.</summary>
    internal bool Restart { get; init; }

    /// <summary>Whether what is noted of the source otherwise ends the run: master copies that the weights are not rounded from.</summary>
    internal bool Strict { get; init; }

    /// <summary>Where a page of the comparison goes; null: none is asked for.</summary>
    internal string? ReportPath { get; init; }

    /// <summary>Whether source and output are fingerprinted for the receipt; null: where they are compared.</summary>
    internal bool? Fingerprint { get; init; }

    /// <summary>Which of how many processes this is.</summary>
    internal WorkerEnvironment Environment { get; init; } = new(0, 1);
}
