using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.Torch;

/// <summary>Where the storages of a torch file lie, of either format; keeps nothing of its pickle.</summary>
public sealed class TorchStorageTable
{
    readonly IByteSource _source;
    readonly TorchArchive? _archive;
    readonly Dictionary<string, TorchPlace> _places;

    internal TorchStorageTable(TorchArchive archive) => (_source, _archive, _places) = (archive.Source, archive, []);

    internal TorchStorageTable(IByteSource source, Dictionary<string, TorchPlace> places) => (_source, _places) = (source, places);

    /// <summary>Where a tensor's elements lie, in place; of a zip, reads the storage's local header.</summary>
    /// <exception cref="MalformedCheckpointException">There is no such storage, or it is not of the length announced.</exception>
    public BoxPayload Locate(TorchTensor tensor)
    {
        var start = Start(tensor);
        return new BoxPayload(_source, start + (tensor.Shape.Count == 0 ? 0 : tensor.StorageOffset * tensor.DType.ByteSize()), [.. tensor.Strides]);
    }

    /// <summary>Checks that a tensor's storage is there and of the length announced, without reading anything.</summary>
    /// <exception cref="MalformedCheckpointException">It is not.</exception>
    public void Check(TorchTensor tensor)
    {
        if (Length(tensor.StorageKey) is not { } length) { Throw.NoStorage(_source.Name, tensor); return; }
        if (length != tensor.StorageBytes) { Throw.StorageLength(_source.Name, tensor, length); }
    }

    /// <summary>Bytes of a storage, or null where there is none of this key.</summary>
    public long? Length(string key)
    {
        if (_archive is null) { return _places.TryGetValue(key, out var place) ? place.Length : null; }
        return _archive.TryFind($"data/{key}", out var record) ? record.Length : null;
    }

    /// <summary>Where a storage lies, with the headers around it where there are any; (0, 0) where there is none.</summary>
    public (long Offset, long Length) Place(string key)
    {
        if (_archive is not null && _archive.TryFind($"data/{key}", out var record)) { return (record.HeaderOffset, record.Limit - record.HeaderOffset); }
        return _places.TryGetValue(key, out var place) ? (place.Offset, place.Length) : (0, 0);
    }

    /// <summary>All bytes of a storage.</summary>
    /// <exception cref="CheckpointException">There is none of this key, or it is too long to be read into memory (TOR-3.9).</exception>
    public byte[] Read(string key)
    {
        if (_archive is not null && _archive.TryFind($"data/{key}", out var record)) { return _archive.Read(record); }
        if (!_places.TryGetValue(key, out var place)) { Throw.NoKey(_source.Name, key); }
        if (place.Length > TorchArchive.SmallRecord) { Throw.Long(_source.Name, key, place.Length); }
        var bytes = new byte[place.Length];
        _source.ReadExactly(place.Offset, bytes);
        return bytes;
    }

    long Start(TorchTensor tensor)
    {
        Check(tensor);
        if (_archive is null) { return _places[tensor.StorageKey].Offset; }
        _archive.TryFind($"data/{tensor.StorageKey}", out var record);
        return _archive.DataOffset(record!);
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void NoStorage(string where, TorchTensor tensor) => throw new MalformedCheckpointException(
            "TOR-5.5", where, $"no storage {Quoted.Name(tensor.StorageKey)} for a tensor of size {tensor.Shape}");

        [DoesNotReturn]
        internal static void StorageLength(string where, TorchTensor tensor, long length) => throw new MalformedCheckpointException(
            "TOR-5.5", where, $"storage {Quoted.Name(tensor.StorageKey)} has {length} bytes, the tensor says {tensor.StorageBytes}");

        [DoesNotReturn]
        internal static void NoKey(string where, string key) => throw new MalformedCheckpointException(
            "TOR-5.5", where, $"no storage {Quoted.Name(key)}");

        [DoesNotReturn]
        internal static void Long(string where, string key, long length) => throw new UnsupportedCheckpointException(
            "TOR-3.9", where, $"storage {Quoted.Name(key)} of {length} bytes, at most {TorchArchive.SmallRecord} are read into memory");
    }
}
