namespace Ckpt.Data.Tokenizers.Patterns;

/// <summary>How a repetition takes its turns.</summary>
enum RepeatGreed
{
    Greedy, Lazy, Possessive,
}
