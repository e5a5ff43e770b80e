using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;
using Ckpt.Formats.IO;

namespace Ckpt.Formats.Torch;

/// <summary>
/// A torch.save zip opened for reading: any valid zip with one top-level folder whose records are stored; only <c>data.pkl</c> may be
/// deflated. Source: PyTorch caffe2/serialize/inline_container.cc PyTorchStreamReader.
/// </summary>
public sealed class TorchArchive
{
    internal const int SmallRecord = 1 << 30;

    readonly Dictionary<string, TorchArchiveRecord> _records;

    TorchArchive(IByteSource source, string folder, Dictionary<string, TorchArchiveRecord> records) =>
        (Source, Folder, _records) = (source, folder, records);

    /// <summary>The bytes of the archive.</summary>
    public IByteSource Source { get; }

    /// <summary>The top-level folder: <c>archive</c>, or the stem of the file's first name.</summary>
    public string Folder { get; }

    /// <summary>The records, in the order of the directory.</summary>
    public IEnumerable<TorchArchiveRecord> Records => _records.Values;

    /// <summary>Opens an archive that is all of <paramref name="source"/>; reads its directory.</summary>
    /// <exception cref="CheckpointException">It breaks a clause of spec/torch.md part 3.</exception>
    public static TorchArchive Open(IByteSource source)
    {
        TorchOldFormats.RefuseTar(source);
        var end = ZipEnd.Read(source);
        var directory = new byte[end.DirectoryLength];
        source.ReadExactly(end.DirectoryOffset, directory);
        var listed = ZipDirectory.Parse(directory, end, source.Name);
        var (folder, records) = Named(listed, source.Name);
        var archive = new TorchArchive(source, folder, records);
        archive.CheckRecords();
        return archive;
    }

    /// <summary>Finds a record by its name without the folder.</summary>
    public bool TryFind(string name, [NotNullWhen(true)] out TorchArchiveRecord? record) => _records.TryGetValue(name, out record);

    /// <summary>Where a stored record's bytes start; reads its local header.</summary>
    public long DataOffset(TorchArchiveRecord record) => ZipLocalHeader.DataOffset(Source, record);

    /// <summary>All bytes of a record, inflated where needed, checked against the checksum where there is one.</summary>
    public byte[] Read(TorchArchiveRecord record)
    {
        if (record.Length > SmallRecord || record.StoredLength > SmallRecord) { Throw.Long(Source.Name, record); }
        var bytes = new byte[record.StoredLength];
        Source.ReadExactly(DataOffset(record), bytes);
        if (record.Deflated) { bytes = Inflate(bytes, record); }
        if (record.Checksum != 0 && Crc32.Of(bytes) != record.Checksum) { Throw.Checksum(Source.Name, record, Crc32.Of(bytes)); }
        return bytes;
    }

    byte[] Inflate(byte[] stored, TorchArchiveRecord record)
    {
        // Deflate makes at most 1032 bytes of one: an announced length beyond that is refused before room is made for it.
        if (record.Length > (record.StoredLength * 1032L) + 64) { Throw.Inflated(Source.Name, record, null); }
        var bytes = new byte[record.Length];
        using var stream = new DeflateStream(new MemoryStream(stored), CompressionMode.Decompress);
        try
        {
            var got = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (got != bytes.Length || stream.ReadByte() >= 0) { Throw.Inflated(Source.Name, record, null); }
        }
        catch (InvalidDataException broken) { Throw.Inflated(Source.Name, record, broken); }
        return bytes;
    }

    static (string Folder, Dictionary<string, TorchArchiveRecord> Records) Named(List<TorchArchiveRecord> listed, string where)
    {
        var folder = "";
        var records = new Dictionary<string, TorchArchiveRecord>(listed.Count);
        foreach (var record in listed)
        {
            var slash = record.FullName.IndexOf('/', StringComparison.Ordinal);
            if (slash <= 0) { Throw.NoFolder(where, record.FullName); }
            var first = record.FullName[..slash];
            if (folder.Length == 0) { folder = first; }
            else if (first != folder) { Throw.Folders(where, folder, first); }
            var name = record.FullName[(slash + 1)..];
            if (!records.TryAdd(name, record with { Name = name })) { Throw.Twice(where, record.FullName); }
        }
        return (folder, records);
    }

    void CheckRecords()
    {
        if (_records.ContainsKey("constants.pkl")) { Throw.Script(Source.Name); }
        foreach (var record in _records.Values)
        {
            if (record.Deflated && record.Name.StartsWith("data/", StringComparison.Ordinal)) { Throw.DeflatedStorage(Source.Name, record); }
        }
        if (!_records.ContainsKey("data.pkl")) { Throw.Missing(Source.Name, "data.pkl"); }
        if (!TryFind("version", out var version) && !TryFind(".data/version", out version)) { Throw.Missing(Source.Name, "version"); }
        var text = Text(version!);
        // kMaxSupportedFileFormatVersion of caffe2/serialize/versions.h
        if (!int.TryParse(text, out var number) || number is < 1 or > 10) { Throw.Version(Source.Name, text); }
        if (TryFind("byteorder", out var order) && Text(order) is not "little" and var named) { Throw.ByteOrder(Source.Name, named); }
    }

    string Text(TorchArchiveRecord record) => record.Length > 32 ? "…" : System.Text.Encoding.Latin1.GetString(Read(record)).Trim();

    static class Throw
    {
        [DoesNotReturn]
        internal static void NoFolder(string where, string name) => throw new MalformedCheckpointException(
            "TOR-3.4", where, $"record {name} lies in no folder");

        [DoesNotReturn]
        internal static void Folders(string where, string one, string other) => throw new MalformedCheckpointException(
            "TOR-3.4", where, $"records in two top-level folders, {one} and {other}");

        [DoesNotReturn]
        internal static void Twice(string where, string name) => throw new MalformedCheckpointException(
            "TOR-3.4", where, $"two records named {name}");

        [DoesNotReturn]
        internal static void DeflatedStorage(string where, TorchArchiveRecord record) => throw new UnsupportedCheckpointException(
            "TOR-3.5", where, $"record {record.FullName} is deflated; storages are read only as they are");

        [DoesNotReturn]
        internal static void Long(string where, TorchArchiveRecord record) => throw new UnsupportedCheckpointException(
            "TOR-3.9", where, $"record {record.FullName} of {record.Length} bytes, at most {SmallRecord} are read into memory");

        [DoesNotReturn]
        internal static void Inflated(string where, TorchArchiveRecord record, Exception? inner) => throw new MalformedCheckpointException(
            "TOR-3.9", where, $"record {record.FullName} does not inflate to the {record.Length} bytes announced", inner);

        [DoesNotReturn]
        internal static void Checksum(string where, TorchArchiveRecord record, uint found) => throw new MalformedCheckpointException(
            "TOR-3.10", where, $"record {record.FullName} has CRC-32 {found:X8}, the directory says {record.Checksum:X8}");

        [DoesNotReturn]
        internal static void Script(string where) => throw new UnsupportedCheckpointException(
            "TOR-3.1", where, "a TorchScript module (it holds constants.pkl), which is a program and no checkpoint");

        [DoesNotReturn]
        internal static void Missing(string where, string name) => throw new MalformedCheckpointException(
            "TOR-3.8", where, $"no record {name}");

        [DoesNotReturn]
        internal static void Version(string where, string text) => throw new UnsupportedCheckpointException(
            "TOR-3.8", where, $"file format version \"{text}\", known are 1 to 10");

        [DoesNotReturn]
        internal static void ByteOrder(string where, string order) => throw new UnsupportedCheckpointException(
            "TOR-3.8", where, $"byte order \"{order}\", only little is read");
    }
}
