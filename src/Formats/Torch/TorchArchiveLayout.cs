using System.Globalization;
using System.Text;

namespace Ckpt.Formats.Torch;

/// <summary>
/// Every byte of a torch.save zip but the storages', byte for byte as torch writes it (spec/torch.md part 4), and where the storages lie.
/// A pure value: made from the pickle and the storages' lengths, before there is any data.
/// </summary>
public sealed class TorchArchiveLayout
{
    internal const int Alignment = 64;

    static readonly byte[] s_formatVersion = "1"u8.ToArray();
    static readonly byte[] s_alignment = "64"u8.ToArray();
    static readonly byte[] s_byteOrder = "little"u8.ToArray();
    static readonly byte[] s_version = "3\n"u8.ToArray();

    readonly string _folder;
    readonly List<ZipRecord> _records = [];
    readonly int _firstStorage;
    readonly long _directoryOffset;
    readonly long _directoryLength;

    /// <summary>Lays out an archive.</summary>
    /// <param name="folder">The top-level folder: <c>archive</c> in a stream, else the file's name without its last extension.</param>
    /// <param name="pickle">The record data.pkl.</param>
    /// <param name="storages">Bytes of the storages with the keys 0, 1, …</param>
    /// <param name="era">Whose records and order.</param>
    public TorchArchiveLayout(string folder, byte[] pickle, IReadOnlyList<long> storages, TorchEra era)
    {
        _folder = folder;
        Add("data.pkl", pickle);
        if (era == TorchEra.From27)
        {
            Add(".format_version", s_formatVersion);
            Add(".storage_alignment", s_alignment);
        }
        Add("byteorder", s_byteOrder);
        _firstStorage = _records.Count;
        Order = Keys(storages.Count, era);
        foreach (var key in Order) { Add($"data/{key.ToString(CultureInfo.InvariantCulture)}", null, storages[key]); }
        Add("version", s_version);
        Add(".data/serialization_id", null, SerializationIdLength);
        _directoryOffset = _records[^1].End;
        foreach (var record in _records) { _directoryLength += record.DirectoryEntryLength; }
        Length = _directoryOffset + _directoryLength + ZipRecord.EndLength;
    }

    const int SerializationIdLength = 40;

    /// <summary>Bytes in all.</summary>
    public long Length { get; }

    /// <summary>The keys of the storages in the order in which they lie.</summary>
    public IReadOnlyList<int> Order { get; }

    /// <summary>Where the storage lies that is number <paramref name="place"/> in <see cref="Order"/>.</summary>
    public long DataOffset(int place) => _records[_firstStorage + place].DataOffset;

    /// <summary>Bytes of that storage.</summary>
    public long DataLength(int place) => _records[_firstStorage + place].Length;

    /// <summary>All bytes before the first storage; without storages, all bytes there are.</summary>
    public byte[] Head()
    {
        if (Order.Count == 0) { return Tail([]); }
        var bytes = new ZipBuffer(0, DataOffset(0));
        for (var i = 0; i < _firstStorage; i++) { bytes.Record(_records[i]); }
        bytes.Header(_records[_firstStorage]);
        return bytes.Done();
    }

    /// <summary>The bytes between the storage at <paramref name="place"/> and the one after it.</summary>
    public byte[] Between(int place, uint checksum)
    {
        var record = _records[_firstStorage + place];
        var bytes = new ZipBuffer(record.DataOffset + record.Length, DataOffset(place + 1));
        bytes.Descriptor(record, checksum);
        bytes.Header(_records[_firstStorage + place + 1]);
        return bytes.Done();
    }

    /// <summary>Bytes from the end of the last storage (without storages, from the start).</summary>
    public long TailLength => Order.Count == 0 ? Length : Length - DataOffset(Order.Count - 1) - DataLength(Order.Count - 1);

    /// <summary>The bytes from the end of the last storage (without storages, from the start).</summary>
    /// <param name="checksums">The CRC-32 of each storage, in <see cref="Order"/>.</param>
    public byte[] Tail(ReadOnlySpan<uint> checksums)
    {
        if (checksums.Length != Order.Count) { throw new ArgumentException($"{checksums.Length} checksums of {Order.Count} storages", nameof(checksums)); }
        var all = Checksums(checksums);
        // An empty record counts by its name, and not by its checksum (seen with torch 2.6 and 2.14).
        var counted = all.Where((_, number) => _records[number].Length > 0).ToList();
        var id = Encoding.ASCII.GetBytes(TorchSerializationId.Of(_records.ConvertAll(record => record.Name)[..^1], counted));
        var bytes = new ZipBuffer(Length - TailLength, Length);
        if (Order.Count > 0) { bytes.Descriptor(_records[^3], checksums[^1]); }
        else
        {
            for (var i = 0; i < _firstStorage; i++) { bytes.Record(_records[i]); }
        }
        bytes.Record(_records[^2]);
        bytes.Record(_records[^1] with { Bytes = id });
        for (var i = 0; i < _records.Count; i++)
        {
            bytes.DirectoryEntry(_records[i], i < all.Length ? all[i] : IO.Crc32.Of(id));
        }
        bytes.End(_records.Count, _directoryOffset, _directoryLength);
        return bytes.Done();
    }

    /// <summary>The CRC-32 of every record but the last.</summary>
    uint[] Checksums(ReadOnlySpan<uint> ofStorages)
    {
        var all = new uint[_records.Count - 1];
        for (var i = 0; i < all.Length; i++)
        {
            all[i] = _records[i].Bytes is { } bytes ? IO.Crc32.Of(bytes) : ofStorages[i - _firstStorage];
        }
        return all;
    }

    void Add(string name, byte[]? bytes, long length = 0)
    {
        var offset = _records.Count == 0 ? 0 : _records[^1].End;
        _records.Add(new ZipRecord(name, $"{_folder}/{name}", offset, bytes?.Length ?? length, bytes));
    }

    static int[] Keys(int count, TorchEra era)
    {
        var keys = new int[count];
        for (var i = 0; i < count; i++) { keys[i] = i; }
        // torch up to 2.6 sorts the keys as strings: 0, 1, 10, 11, 2.
        if (era == TorchEra.UpTo26)
        {
            Array.Sort(keys, (a, b) => string.CompareOrdinal(a.ToString(CultureInfo.InvariantCulture), b.ToString(CultureInfo.InvariantCulture)));
        }
        return keys;
    }
}
