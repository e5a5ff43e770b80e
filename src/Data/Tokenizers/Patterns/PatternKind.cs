namespace Ckpt.Data.Tokenizers.Patterns;

/// <summary>What a part of a pattern does.</summary>
enum PatternKind
{
    Empty, Class, Concat, Alternate, Repeat, Atomic, Ahead, Behind, Start, End, LineStart, LineEnd, EndOrNewline, WordEdge, NotWordEdge,
}
