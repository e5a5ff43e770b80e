namespace Ckpt.Data.Tokenizers.Patterns;

/// <summary>A part of a parsed pattern.</summary>
sealed record PatternNode(PatternKind Kind)
{
    internal IReadOnlyList<PatternNode> Parts { get; init; } = [];

    /// <summary>What a <see cref="PatternKind.Class"/> matches.</summary>
    internal CharClass? Class { get; init; }

    internal int Least { get; init; }

    /// <summary>Most repetitions; −1 for no bound.</summary>
    internal int Most { get; init; }

    internal RepeatGreed Greed { get; init; }

    /// <summary>Whether a look must find nothing.</summary>
    internal bool Negative { get; init; }
}
