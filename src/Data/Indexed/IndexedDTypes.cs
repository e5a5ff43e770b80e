namespace Ckpt.Data.Indexed;

/// <summary>Facts about the element types.</summary>
public static class IndexedDTypes
{
    // Megatron's own bound, below 65,536 to leave room for special values.
    const int FirstVocabularyPastUInt16 = 65_500;

    /// <summary>Bytes of an element.</summary>
    public static int Size(this IndexedDType type) => type switch
    {
        IndexedDType.UInt8 or IndexedDType.Int8 => 1,
        IndexedDType.Int16 or IndexedDType.UInt16 => 2,
        IndexedDType.Int32 or IndexedDType.Float32 => 4,
        _ => 8,
    };

    /// <summary>The type that Megatron chooses for token ids of a vocabulary (IDX-2.4).</summary>
    public static IndexedDType ForVocabulary(int size) => size < FirstVocabularyPastUInt16 ? IndexedDType.UInt16 : IndexedDType.Int32;

    /// <summary>The smallest and the largest number an integer type holds; null for the two others.</summary>
    internal static (long Least, long Most)? Range(this IndexedDType type) => type switch
    {
        IndexedDType.UInt8 => (0, byte.MaxValue),
        IndexedDType.Int8 => (sbyte.MinValue, sbyte.MaxValue),
        IndexedDType.Int16 => (short.MinValue, short.MaxValue),
        IndexedDType.UInt16 => (0, ushort.MaxValue),
        IndexedDType.Int32 => (int.MinValue, int.MaxValue),
        IndexedDType.Int64 => (long.MinValue, long.MaxValue),
        _ => null,
    };
}
