using Ckpt.Formats.Tensors;

namespace Ckpt.Cli.Flags;

/// <summary>The element types that weights can be asked for, under the names that pages use (CLI-2.2).</summary>
static class FloatNames
{
    /// <summary>Reads one; null for <c>auto</c>, which leaves the type as it is stored.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    internal static DType? Parse(string text, string where)
    {
        var name = text.ToLowerInvariant() switch
        {
            "bf16" => "bfloat16",
            "fp16" => "float16",
            "fp32" => "float32",
            var other => other,
        };
        if (name is "auto" or "none") { return null; }
        return DTypes.TryParseTorch(name, out var dtype) && dtype is DType.BF16 or DType.F16 or DType.F32
            ? dtype
            : throw new UsageException("CLI-2.2", where, $"'{text}' is no type for weights; allowed are bfloat16 (bf16), float16 (fp16), float32 (fp32) and auto");
    }
}
