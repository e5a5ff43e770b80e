namespace Ckpt.Sharding.Quantised;

/// <summary>What the scales of newly quantised weights look like.</summary>
public enum ScaleForm
{
    /// <summary>float32, any number.</summary>
    Float32,

    /// <summary>float32, powers of two (DeepSeek V3.1, <c>scale_fmt: ue8m0</c> in float32).</summary>
    PowerOfTwo,

    /// <summary>e8m0, one byte (<c>scale_fmt: ue8m0</c> as transformers 5 stores it).</summary>
    E8M0,
}

/// <summary>How weights are quantised to e4m3fn: the block, and the form of its scale.</summary>
public readonly record struct QuantOptions(int BlockRows, int BlockColumns, ScaleForm Scale)
{
    /// <summary>Blocks of 128 by 128 with float32 scales, as DeepSeek-V3 and fine-grained FP8 of transformers.</summary>
    public static QuantOptions Default { get; } = new(128, 128, ScaleForm.Float32);
}
