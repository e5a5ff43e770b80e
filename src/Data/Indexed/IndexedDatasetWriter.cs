using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Ckpt.Data.Indexed;

/// <summary>
/// Writes Megatron's indexed data set byte for byte as Megatron does. Memory does not grow with the data: lengths and boundaries wait in
/// files beside the output, and nothing bears the output's names before <see cref="Finish"/>.
/// </summary>
public sealed class IndexedDatasetWriter : IDisposable
{
    const int Buffer = 1 << 18;

    readonly string _prefix;
    readonly IndexedDType _type;
    readonly Stream _data;
    readonly Stream _lengths;
    readonly Stream _boundaries;
    byte[] _scratch = [];
    bool _isFinished;

    /// <summary>Begins the two files of a prefix, whose folder must exist.</summary>
    public IndexedDatasetWriter(string prefix, IndexedDType type)
    {
        (_prefix, _type) = (prefix, type);
        _data = Create(DataPart);
        _lengths = Create(LengthsPart);
        _boundaries = Create(BoundariesPart);
        WriteBoundary(0);
        BoundaryCount = 1;
    }

    /// <summary>Sequences so far.</summary>
    public long SequenceCount { get; private set; }

    /// <summary>Elements so far.</summary>
    public long ElementCount { get; private set; }

    long BoundaryCount { get; set; }

    string DataPart => _prefix + ".bin.partial";

    string IndexPart => _prefix + ".idx.partial";

    string LengthsPart => _prefix + ".lengths.partial";

    string BoundariesPart => _prefix + ".documents.partial";

    /// <summary>Adds a sequence of whole numbers.</summary>
    /// <exception cref="MalformedDataException">One does not fit the element type (IDX-2.3).</exception>
    public void Add(ReadOnlySpan<int> numbers)
    {
        if (_type == IndexedDType.Int32 && BitConverter.IsLittleEndian)
        {
            Add(MemoryMarshal.AsBytes(numbers), numbers.Length);
            return;
        }
        var (least, most) = _type.Range() ?? throw new UnsupportedDataException("IDX-1.7", _prefix, $"the elements are {_type}, not whole numbers");
        var size = _type.Size();
        if (_scratch.Length < numbers.Length * (long)size) { _scratch = new byte[Math.Max(4096, numbers.Length * (long)size)]; }
        Span<byte> element = stackalloc byte[sizeof(long)];
        for (var i = 0; i < numbers.Length; i++)
        {
            if (numbers[i] < least || numbers[i] > most) { throw new MalformedDataException("IDX-2.3", _prefix, $"number {numbers[i]} at {i} of sequence {SequenceCount} does not fit {_type}"); }
            BinaryPrimitives.WriteInt64LittleEndian(element, numbers[i]);
            element[..size].CopyTo(_scratch.AsSpan(i * size));
        }
        Add(_scratch.AsSpan(0, numbers.Length * size), numbers.Length);
    }

    /// <summary>Ends a document: what was added since the last end. With nothing added it is an empty one.</summary>
    public void EndDocument()
    {
        WriteBoundary(SequenceCount);
        BoundaryCount++;
    }

    /// <summary>Appends another data set of the same type, as Megatron's <c>add_index</c> does: boundaries shift, the first one is left out.</summary>
    public void Append(IndexedDatasetReader other)
    {
        if (other.DType != _type) { throw new UnsupportedDataException("IDX-2.2", _prefix, $"elements of {other.DType} cannot be appended to elements of {_type}"); }
        var shift = SequenceCount;
        for (var d = 0L; d < other.DocumentCount; d++)
        {
            WriteBoundary(shift + other.Document(d).End);
            BoundaryCount++;
        }
        for (var s = 0L; s < other.SequenceCount; s++)
        {
            var bytes = other.ReadBytes(s);
            Add(bytes, bytes.Length / _type.Size());
        }
    }

    /// <summary>Writes the index and gives both files their names.</summary>
    public void Finish()
    {
        _data.Dispose();
        using (var index = Create(IndexPart))
        {
            Span<byte> head = stackalloc byte[IndexedHeader.Size];
            new IndexedHeader(_type, SequenceCount, BoundaryCount, HasModes: false).Write(head);
            index.Write(head);
            _lengths.Position = 0;
            _lengths.CopyTo(index, Buffer);
            WriteOffsets(index);
            _boundaries.Position = 0;
            _boundaries.CopyTo(index, Buffer);
        }
        File.Move(DataPart, _prefix + ".bin", overwrite: true);
        File.Move(IndexPart, _prefix + ".idx", overwrite: true);
        _isFinished = true;
        Dispose();
    }

    public void Dispose()
    {
        _data.Dispose();
        _lengths.Dispose();
        _boundaries.Dispose();
        File.Delete(LengthsPart);
        File.Delete(BoundariesPart);
        if (_isFinished) { return; }
        File.Delete(DataPart);
        File.Delete(IndexPart);
    }

    void Add(ReadOnlySpan<byte> bytes, int count)
    {
        _data.Write(bytes);
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, count);
        _lengths.Write(length);
        SequenceCount++;
        ElementCount += count;
    }

    void WriteOffsets(Stream index)
    {
        _lengths.Position = 0;
        var lengths = new byte[Buffer];
        var offsets = new byte[Buffer * 2];
        var offset = 0L;
        for (var left = SequenceCount; left > 0;)
        {
            var count = (int)Math.Min(left, Buffer / sizeof(int));
            _lengths.ReadExactly(lengths, 0, count * sizeof(int));
            for (var i = 0; i < count; i++)
            {
                BinaryPrimitives.WriteInt64LittleEndian(offsets.AsSpan(i * sizeof(long)), offset);
                offset += (long)BinaryPrimitives.ReadInt32LittleEndian(lengths.AsSpan(i * sizeof(int))) * _type.Size();
            }
            index.Write(offsets, 0, count * sizeof(long));
            left -= count;
        }
    }

    void WriteBoundary(long sequence)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, sequence);
        _boundaries.Write(bytes);
    }

    static FileStream Create(string path) => new(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, Buffer);
}
