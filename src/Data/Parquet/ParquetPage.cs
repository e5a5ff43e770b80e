using System.Buffers.Binary;

namespace Ckpt.Data.Parquet;

/// <summary>A data page opened for reading: its levels and its values.</summary>
/// <param name="Count">Values, nulls included.</param>
/// <param name="Repetitions">Null where no field repeats.</param>
/// <param name="Definitions">Null where no field is optional.</param>
/// <param name="Values">The values that are there.</param>
/// <param name="Held">Bytes of memory that it holds.</param>
sealed record ParquetPage(int Count, RleCursor? Repetitions, RleCursor? Definitions, IParquetValues Values, long Held)
{
    /// <summary>Opens a page of values.</summary>
    internal static ParquetPage Open(ParquetRawPage raw, ParquetCodec codec, ParquetField leaf, ParquetDictionary? dictionary)
    {
        var (header, bytes, where) = raw;
        RleCursor? repetitions = null, definitions = null;
        if (header.Kind == ParquetPageKind.DataV2)
        {
            var (first, second) = (header.RepetitionLength, header.DefinitionLength);
            if (first < 0 || second < 0 || (long)first + second > Math.Min(bytes.Length, header.UncompressedLength))
            {
                throw new MalformedDataException("PQT-3.1", where, $"{first} and {second} bytes of levels in a page of {bytes.Length} ({header.UncompressedLength} before compression)");
            }
            if (leaf.RepetitionLevel > 0) { repetitions = new RleCursor(bytes[..first], RleCursor.WidthOf(leaf.RepetitionLevel), where); }
            if (leaf.Definition > 0) { definitions = new RleCursor(bytes.Slice(first, second), RleCursor.WidthOf(leaf.Definition), where); }
            var packed = bytes[(first + second)..];
            bytes = ParquetCompression.Decode(header.IsCompressed ? codec : ParquetCodec.Uncompressed, packed, header.UncompressedLength - first - second, where);
        }
        else
        {
            bytes = ParquetCompression.Decode(codec, bytes, header.UncompressedLength, where);
            // Levels that the schema leaves no choice for are not written; old writers still name an encoding for them.
            if (leaf.RepetitionLevel > 0) { repetitions = Levels(header.RepetitionEncoding, ref bytes, leaf.RepetitionLevel, where); }
            if (leaf.Definition > 0) { definitions = Levels(header.DefinitionEncoding, ref bytes, leaf.Definition, where); }
        }
        return new ParquetPage(header.ValueCount, repetitions, definitions, ValuesOf(header.Encoding, bytes, leaf, dictionary, where), raw.Bytes.Length + (long)header.UncompressedLength);
    }

    static RleCursor Levels(ParquetEncoding encoding, ref ReadOnlyMemory<byte> bytes, int highest, string where)
    {
        if (encoding != ParquetEncoding.Rle) { throw new UnsupportedDataException("PQT-3.4", where, $"levels in encoding {encoding}; RLE is read"); }
        var length = bytes.Length < sizeof(int) ? uint.MaxValue : BinaryPrimitives.ReadUInt32LittleEndian(bytes.Span);
        if (length > (uint)Math.Max(0, bytes.Length - sizeof(int))) { throw new MalformedDataException("PQT-3.1", where, $"levels go beyond the page's {bytes.Length} bytes"); }
        var levels = new RleCursor(bytes.Slice(sizeof(int), (int)length), RleCursor.WidthOf(highest), where);
        bytes = bytes[(sizeof(int) + (int)length)..];
        return levels;
    }

    static IParquetValues ValuesOf(ParquetEncoding encoding, ReadOnlyMemory<byte> bytes, ParquetField leaf, ParquetDictionary? dictionary, string where) => (encoding, leaf.Type) switch
    {
        (ParquetEncoding.Plain, ParquetPhysical.Boolean) => new BitValues(bytes, where),
        (ParquetEncoding.Plain, ParquetPhysical.ByteArray) => new ByteArrayValues(bytes, where),
        (ParquetEncoding.Plain, _) => new FixedValues(bytes, leaf.Width, where),
        (ParquetEncoding.PlainDictionary or ParquetEncoding.RleDictionary, _) => Indices(bytes, dictionary, where),
        (ParquetEncoding.Rle, ParquetPhysical.Boolean) => new RunValues(Levels(ParquetEncoding.Rle, ref bytes, 1, where)),
        (ParquetEncoding.DeltaBinaryPacked, ParquetPhysical.Int32 or ParquetPhysical.Int64) => new DeltaValues(new DeltaCursor(bytes, where), leaf.Width),
        (ParquetEncoding.DeltaLengthByteArray, ParquetPhysical.ByteArray) => new DeltaLengthValues(bytes, where),
        (ParquetEncoding.DeltaByteArray, ParquetPhysical.ByteArray) => new DeltaPrefixValues(bytes, where),
        (ParquetEncoding.ByteStreamSplit, ParquetPhysical.Int32 or ParquetPhysical.Int64 or ParquetPhysical.Float or ParquetPhysical.Double or ParquetPhysical.FixedLengthByteArray) =>
            new SplitValues(bytes, leaf.Width, where),
        _ => throw new UnsupportedDataException("PQT-3.4", where, $"values of {leaf.Type} in encoding {encoding}"),
    };

    static DictionaryValues Indices(ReadOnlyMemory<byte> bytes, ParquetDictionary? dictionary, string where)
    {
        if (dictionary is null) { throw new MalformedDataException("PQT-3.5", where, "values by a dictionary, which the column does not have"); }
        // A page of nulls may have no byte for the width of indices that it does not have.
        var width = bytes.Length == 0 ? 0 : bytes.Span[0];
        if (width > 32) { throw new MalformedDataException("PQT-3.5", where, $"dictionary indices of {width} bits"); }
        return new DictionaryValues(dictionary, new RleCursor(bytes[Math.Min(1, bytes.Length)..], width, where), where);
    }
}
