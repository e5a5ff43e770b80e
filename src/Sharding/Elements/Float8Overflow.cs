namespace Ckpt.Sharding.Elements;

/// <summary>What becomes of a magnitude that an 8-bit floating-point type cannot hold.</summary>
public enum Float8Overflow
{
    /// <summary>As torch 2.14: e4m3fn takes its largest value, e5m2 infinity, the fnuz types NaN.</summary>
    Torch,

    /// <summary>Every type takes its largest finite value.</summary>
    Saturate,

    /// <summary>Infinity where the type has one (e5m2), else NaN: as torch 2.13 and earlier, and as hardware that does not saturate.</summary>
    NonFinite,
}
