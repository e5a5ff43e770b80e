using System.Buffers.Binary;
using Ckpt.Data.IO;

namespace Ckpt.Data.Indexed;

/// <summary>
/// Reads Megatron's indexed data set, <c>prefix.bin</c> and <c>prefix.idx</c>, by position: opening costs a few reads whatever the size,
/// and sequences may be asked for from several threads (Megatron-core 0.12.1 <c>indexed_dataset.py</c>).
/// </summary>
public sealed class IndexedDatasetReader : IDisposable
{
    readonly DataFileSource _index;
    readonly DataFileSource _data;
    readonly IndexedHeader _header;

    IndexedDatasetReader(DataFileSource index, DataFileSource data)
    {
        (_index, _data) = (index, data);
        var head = new byte[Math.Min(IndexedHeader.Size, index.Length)];
        index.ReadExactly(0, head);
        _header = IndexedHeader.Parse(head, index.Length, index.Name);
        var (first, last) = (Boundary(0), Boundary(_header.Boundaries - 1));
        if (first != 0 || last != _header.Sequences) { throw new MalformedDataException("IDX-1.5", index.Name, $"document boundaries from {first} to {last}; they go from 0 to the {_header.Sequences} sequences"); }
    }

    /// <summary>The element type.</summary>
    public IndexedDType DType => _header.DType;

    /// <summary>Sequences of the data set.</summary>
    public long SequenceCount => _header.Sequences;

    /// <summary>Documents, empty ones included.</summary>
    public long DocumentCount => _header.Boundaries - 1;

    /// <summary>Opens the two files of a prefix.</summary>
    /// <exception cref="DataFormatException">The index is none, or one that is not read.</exception>
    public static IndexedDatasetReader Open(string prefix)
    {
        var index = new DataFileSource(prefix + ".idx");
        DataFileSource? data = null;
        try { return new IndexedDatasetReader(index, data = new DataFileSource(prefix + ".bin")); }
        catch
        {
            index.Dispose();
            data?.Dispose();
            throw;
        }
    }

    /// <summary>Elements of a sequence.</summary>
    public int Length(long sequence) => Place(sequence).Length;

    /// <summary>The sequences of a document.</summary>
    public (long First, long End) Document(long document)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(document);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(document, DocumentCount);
        var (first, end) = (Boundary(document), Boundary(document + 1));
        return first >= 0 && first <= end && end <= _header.Sequences ? (first, end)
            : throw new MalformedDataException("IDX-1.5", _index.Name, $"document {document} goes from sequence {first} to {end}; there are {_header.Sequences}");
    }

    /// <summary>A sequence's bytes, as they are stored.</summary>
    public byte[] ReadBytes(long sequence)
    {
        var (offset, length) = Place(sequence);
        var bytes = new byte[length * (long)DType.Size()];
        _data.ReadExactly(offset, bytes);
        return bytes;
    }

    /// <summary>A sequence of whole numbers.</summary>
    public long[] ReadNumbers(long sequence)
    {
        if (DType.Range() is null) { throw new UnsupportedDataException("IDX-1.7", _index.Name, $"the elements are {DType}, not whole numbers"); }
        var bytes = ReadBytes(sequence).AsSpan();
        var numbers = new long[bytes.Length / DType.Size()];
        for (var i = 0; i < numbers.Length; i++)
        {
            var element = bytes.Slice(i * DType.Size(), DType.Size());
            numbers[i] = DType switch
            {
                IndexedDType.UInt8 => element[0],
                IndexedDType.Int8 => (sbyte)element[0],
                IndexedDType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(element),
                IndexedDType.UInt16 => BinaryPrimitives.ReadUInt16LittleEndian(element),
                IndexedDType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(element),
                _ => BinaryPrimitives.ReadInt64LittleEndian(element),
            };
        }
        return numbers;
    }

    public void Dispose()
    {
        _index.Dispose();
        _data.Dispose();
    }

    (long Offset, int Length) Place(long sequence)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sequence);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(sequence, SequenceCount);
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        _index.ReadExactly(IndexedHeader.Size + (sequence * sizeof(int)), bytes[..sizeof(int)]);
        var length = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        _index.ReadExactly(_header.OffsetsAt + (sequence * sizeof(long)), bytes);
        var offset = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        var inside = length >= 0 && offset >= 0 && offset <= _data.Length && length <= (_data.Length - offset) / DType.Size() && length <= Array.MaxLength / DType.Size();
        return inside ? (offset, length)
            : throw new MalformedDataException("IDX-1.6", _index.Name, $"sequence {sequence}: {length} elements of {DType} at byte {offset} of {_data.Length} bytes of data");
    }

    long Boundary(long at)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        _index.ReadExactly(_header.BoundariesAt + (at * sizeof(long)), bytes);
        return BinaryPrimitives.ReadInt64LittleEndian(bytes);
    }
}
