namespace Ckpt.Models.Bridge;

/// <summary>
/// How many rows an embedding gets so that tensor parallel ranks share it evenly. The rows behind the vocabulary hold zeros and belong
/// to no token; a map drops exactly them on the way back.
/// </summary>
public static class VocabPadding
{
    /// <summary>Megatron-SWIFT's rule: up to a multiple of the tensor parallel size.</summary>
    public static long Swift(long vocab, int tensorParallel) => RoundUp(vocab, tensorParallel);

    /// <summary>Megatron-LM's rule: up to a multiple of <c>make_vocab_size_divisible_by</c> times the tensor parallel size.</summary>
    public static long Native(long vocab, int tensorParallel, int divisibleBy = 128) => RoundUp(vocab, checked((long)divisibleBy * tensorParallel));

    static long RoundUp(long vocab, long multiple)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(vocab);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(multiple);
        return checked((vocab + multiple - 1) / multiple * multiple);
    }
}
