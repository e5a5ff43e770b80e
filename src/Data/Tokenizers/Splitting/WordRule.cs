namespace Ckpt.Data.Tokenizers.Splitting;

/// <summary>The splitting patterns that have a scanner of their own.</summary>
enum WordRule
{
    None,

    /// <summary>GPT-2.</summary>
    Gpt2,

    /// <summary>Llama 3: digits by threes.</summary>
    ThreeDigits,

    /// <summary>Qwen 2 to 3: digits one by one.</summary>
    OneDigit,
}
