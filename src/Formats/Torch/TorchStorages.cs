using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.Torch;

/// <summary>The storage classes of module torch. Source: torch/storage.py _dtype_to_storage_type_map.</summary>
static class TorchStorages
{
    internal const string Untyped = "torch.storage.UntypedStorage";

    static readonly (DType DType, string Class)[] s_typed =
    [
        (DType.F32, "FloatStorage"), (DType.F64, "DoubleStorage"), (DType.F16, "HalfStorage"), (DType.BF16, "BFloat16Storage"),
        (DType.I64, "LongStorage"), (DType.I32, "IntStorage"), (DType.I16, "ShortStorage"), (DType.I8, "CharStorage"),
        (DType.U8, "ByteStorage"), (DType.Bool, "BoolStorage"), (DType.C64, "ComplexFloatStorage"), (DType.C128, "ComplexDoubleStorage"),
    ];

    static readonly Dictionary<string, DType> s_dtypes = s_typed.ToDictionary(row => $"torch.{row.Class}", row => row.DType);

    internal static bool TryDType(string className, out DType dtype) => s_dtypes.TryGetValue(className, out dtype);

    /// <summary>Bytes of what a storage of this class counts; untyped ones count bytes.</summary>
    internal static bool TryElementSize(string className, out int size)
    {
        size = className == Untyped ? 1 : TryDType(className, out var dtype) ? dtype.ByteSize() : 0;
        return size > 0;
    }

    /// <summary>The typed storage class, or null for a dtype that torch keeps in untyped storages.</summary>
    internal static string? ClassOf(DType dtype)
    {
        foreach (var row in s_typed)
        {
            if (row.DType == dtype) { return row.Class; }
        }
        return null;
    }

    /// <summary>Whether torch.save can write the dtype. torch counts float4 by pairs: its shapes are not those of the elements.</summary>
    internal static bool CanHold(DType dtype) => dtype.TorchName() is not null && dtype.ByteSize() > 0;
}
