namespace Ckpt.Data.Indexed;

/// <summary>Element types of an indexed data set, by their code in the index (Megatron-core <c>indexed_dataset.DType</c>).</summary>
public enum IndexedDType
{
    UInt8 = 1, Int8 = 2, Int16 = 3, Int32 = 4, Int64 = 5, Float64 = 6, Float32 = 7, UInt16 = 8,
}
