namespace Ckpt.Data.Parquet;

/// <summary>A node of the schema: a group of fields, or a leaf whose values are a column.</summary>
sealed record ParquetField(string Name, ParquetRepetition Repetition, ParquetPhysical? Type, int TypeLength, ParquetMeaning Meaning)
{
    internal IReadOnlyList<ParquetField> Children { get; init; } = [];

    /// <summary>The definition level at which this field is there.</summary>
    internal int Definition { get; init; }

    /// <summary>The repetition level of another element of this field.</summary>
    internal int RepetitionLevel { get; init; }

    /// <summary>The first of the columns below.</summary>
    internal int FirstLeaf { get; init; }

    /// <summary>One past the last of the columns below.</summary>
    internal int LeafEnd { get; init; }

    internal bool IsLeaf => Type is not null;

    /// <summary>Bytes of a value; 0 where each has its own length.</summary>
    internal int Width => Type switch
    {
        ParquetPhysical.Boolean => 1,
        ParquetPhysical.Int32 or ParquetPhysical.Float => 4,
        ParquetPhysical.Int64 or ParquetPhysical.Double => 8,
        ParquetPhysical.Int96 => 12,
        ParquetPhysical.FixedLengthByteArray => TypeLength,
        _ => 0,
    };
}
