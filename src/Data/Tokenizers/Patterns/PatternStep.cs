namespace Ckpt.Data.Tokenizers.Patterns;

/// <summary>A step of a compiled pattern.</summary>
readonly record struct PatternStep(PatternOp Op, int A = 0, int B = 0)
{
    internal CharClass? Class { get; init; }

    internal RepeatGreed Greed { get; init; }

    internal PatternKind Edge { get; init; }

    internal PatternStep[]? Inner { get; init; }

    internal bool Negative { get; init; }
}
