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
