using Ckpt.Data.Datasets;
using Ckpt.Data.Indexed;

namespace Ckpt.Data.Preprocessing;

/// <summary>What to make of which data, and where to put it.</summary>
public sealed record PreprocessOptions
{
    public required IReadOnlyList<DatasetSpec> Inputs { get; init; }

    /// <summary>What the names of the outputs begin with; its folder exists.</summary>
    public required string OutputPrefix { get; init; }

    public required PreprocessHandler Handler { get; init; }

    /// <summary>Columns of text, of which each becomes an output (handler for text only).</summary>
    public IReadOnlyList<string> TextKeys { get; init; } = ["text"];

    /// <summary>Tokens of a sequence; null for no bound.</summary>
    public int? SequenceLength { get; init; }

    public PackMode Pack { get; init; }

    public bool AppendEndOfDocument { get; init; }

    /// <summary>A multiple that texts are filled up to.</summary>
    public int PadToMultipleOf { get; init; } = 1;

    /// <summary>Threads that make tokens.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>Rows taken at most.</summary>
    public long? MaxSamples { get; init; }

    public MixStrategy Mix { get; init; }

    public IReadOnlyList<double>? MixWeights { get; init; }

    public ulong Seed { get; init; } = 1234;

    /// <summary>The first broken row ends the run.</summary>
    public bool Strict { get; init; }

    /// <summary>MindSpeed's own bytes where they come of a quirk (DAT-6.5).</summary>
    public bool LikeMindSpeed { get; init; }

    public IndexedDType DType { get; init; } = IndexedDType.Int32;
}
