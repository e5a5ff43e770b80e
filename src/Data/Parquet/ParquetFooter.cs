namespace Ckpt.Data.Parquet;

/// <summary>What a file's footer says: the schema, and where the columns of each row group lie.</summary>
/// <param name="Root">The schema's root, whose children are the fields of a row.</param>
/// <param name="Leaves">The columns, in file order.</param>
/// <param name="RowGroups">The row groups, in row order.</param>
/// <param name="RowCount">Rows of all of them.</param>
sealed record ParquetFooter(ParquetField Root, IReadOnlyList<ParquetField> Leaves, IReadOnlyList<ParquetRowGroup> RowGroups, long RowCount);

/// <summary>Some rows, and the chunk of each column.</summary>
sealed record ParquetRowGroup(long RowCount, IReadOnlyList<ParquetChunk> Chunks);

/// <summary>The part of a column that lies in one row group.</summary>
/// <param name="Type">How its values are stored.</param>
/// <param name="Codec">How its pages are compressed.</param>
/// <param name="ValueCount">Values of it, nulls included.</param>
/// <param name="Offset">Its first page in the file.</param>
/// <param name="Length">Bytes of its pages.</param>
readonly record struct ParquetChunk(ParquetPhysical Type, ParquetCodec Codec, long ValueCount, long Offset, long Length);
