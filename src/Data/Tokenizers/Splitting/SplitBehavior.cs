namespace Ckpt.Data.Tokenizers.Splitting;

/// <summary>What becomes of what a pattern matches (TOK-5.1).</summary>
enum SplitBehavior
{
    Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous,
}
