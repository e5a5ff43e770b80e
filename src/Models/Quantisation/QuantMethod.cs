namespace Ckpt.Models.Quantisation;

/// <summary>The ways of quantising that are read, by what <c>quant_method</c> of a config.json calls them.</summary>
public enum QuantMethod
{
    /// <summary><c>fp8</c>: 8-bit floats with a scale for each block of 128 by 128, or for each tensor.</summary>
    Float8,

    /// <summary><c>mxfp8</c>: 8-bit floats with a power of two for each 32 of a row.</summary>
    MxFloat8,

    /// <summary><c>fbgemm_fp8</c>: 8-bit floats with a scale for each row.</summary>
    RowFloat8,

    /// <summary><c>mxfp4</c>: 4-bit floats with a power of two for each 32 of a row (gpt_oss).</summary>
    MxFloat4,

    /// <summary><c>compressed-tensors</c>: integers of 4 or 8 bits, floats of 4 or 8, by group, row, block or tensor.</summary>
    CompressedTensors,
}
