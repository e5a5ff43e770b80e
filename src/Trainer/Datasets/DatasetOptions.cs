using Ckpt.Data.Datasets;

namespace Ckpt.Trainer.Datasets;

/// <summary>Which rows a run trains on, and in which order they are read.</summary>
public sealed record DatasetOptions
{
    /// <summary>Data sets to train on, as <c>--dataset</c> names them.</summary>
    public required IReadOnlyList<string> Training { get; init; }

    /// <summary>Data sets to evaluate on.</summary>
    public IReadOnlyList<string> Validation { get; init; } = [];

    /// <summary>The part of the training rows that is held back for evaluation where no data set is given for it.</summary>
    public double SplitRatio { get; init; }

    /// <summary>The seed of every draw.</summary>
    public ulong Seed { get; init; } = 42;

    /// <summary>Whether rows are shuffled once when they are read.</summary>
    public bool Shuffle { get; init; } = true;

    /// <summary>Whether a broken row ends the run; else it is counted and left out.</summary>
    public bool Strict { get; init; }

    /// <summary>Columns and the names they stand for.</summary>
    public IReadOnlyDictionary<string, string> Columns { get; init; } = new Dictionary<string, string>();

    /// <summary>The model's names that fill <c>{{NAME}}</c>: one, or a Chinese and an English one.</summary>
    public IReadOnlyList<string> ModelNames { get; init; } = [];

    /// <summary>Its authors that fill <c>{{AUTHOR}}</c>, in the same way.</summary>
    public IReadOnlyList<string> ModelAuthors { get; init; } = [];

    /// <summary>How several data sets are mixed.</summary>
    public MixStrategy Mix { get; init; } = MixStrategy.Concat;

    /// <summary>How often each is drawn.</summary>
    public IReadOnlyList<double>? MixWeights { get; init; }

    /// <summary>Rows held for shuffling a stream.</summary>
    public int ShuffleBuffer { get; init; } = 1000;
}
