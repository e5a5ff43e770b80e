using Ckpt.Formats.Tensors;
using Ckpt.Torch;

namespace Ckpt.Trainer.Loop;

/// <summary>Element types on both sides.</summary>
static class TorchTypes
{
    internal static DType Of(ScalarType type) => type switch
    {
        ScalarType.Float32 => DType.F32,
        ScalarType.BFloat16 => DType.BF16,
        ScalarType.Float16 => DType.F16,
        ScalarType.Float64 => DType.F64,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "no type of weights"),
    };

    internal static ScalarType Of(DType type) => type switch
    {
        DType.F32 => ScalarType.Float32,
        DType.BF16 => ScalarType.BFloat16,
        DType.F16 => ScalarType.Float16,
        DType.F64 => ScalarType.Float64,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "no type of weights"),
    };

    /// <summary>The type that an argument names.</summary>
    internal static ScalarType? Named(string? name) => name switch { null => null, "float32" => ScalarType.Float32, "bfloat16" => ScalarType.BFloat16, _ => throw new ArgumentOutOfRangeException(nameof(name), name, "no type that trains") };
}
