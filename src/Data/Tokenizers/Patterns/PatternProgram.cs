namespace Ckpt.Data.Tokenizers.Patterns;

/// <summary>What a step of a compiled pattern does.</summary>
enum PatternOp
{
    /// <summary>One character of a class.</summary>
    Char,

    /// <summary>Several characters of a class.</summary>
    Run,

    /// <summary>Goes on at A; at B where that fails.</summary>
    Split,

    Jump,
    Ahead,
    Behind,
    Atomic,
    Assert,
    Match,
}

/// <summary>A step of a compiled pattern.</summary>
readonly record struct PatternStep(PatternOp Op, int A = 0, int B = 0)
{
    internal CharClass? Class { get; init; }

    internal RepeatGreed Greed { get; init; }

    internal PatternKind Edge { get; init; }

    internal PatternStep[]? Inner { get; init; }

    internal bool Negative { get; init; }
}
