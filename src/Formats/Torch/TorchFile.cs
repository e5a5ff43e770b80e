using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.Torch;

/// <summary>A torch.save file opened for reading: its object as inert nodes, and where its tensors lie. No tensor data is read.</summary>
public sealed class TorchFile
{
    TorchFile(TorchArchive archive, PickleNode root) => (Archive, Root) = (archive, root);

    /// <summary>The zip around it.</summary>
    public TorchArchive Archive { get; }

    /// <summary>The object that was saved.</summary>
    public PickleNode Root { get; }

    /// <summary>Opens a file that is all of <paramref name="source"/>.</summary>
    /// <exception cref="CheckpointException">It breaks a clause of spec/torch.md.</exception>
    public static TorchFile Open(IByteSource source, PickleLimits? limits = null)
    {
        var archive = TorchArchive.Open(source);
        archive.TryFind("data.pkl", out var record);
        return new TorchFile(archive, PickleReader.Read(archive.Read(record!), $"{source.Name}, data.pkl", limits));
    }

    /// <summary>Reads a node that <see cref="TorchTensor.IsTensor"/>.</summary>
    public TorchTensor Tensor(PickleNode node) => TorchTensor.Read(node, Archive.Source.Name);

    /// <summary>Where a tensor's elements lie, in place; reads the storage's local header.</summary>
    /// <exception cref="MalformedCheckpointException">There is no such storage, or it is not of the length announced.</exception>
    public BoxPayload Locate(TorchTensor tensor)
    {
        if (!Archive.TryFind($"data/{tensor.StorageKey}", out var record)) { Throw.NoStorage(Archive.Source.Name, tensor); }
        if (record!.Length != tensor.StorageBytes) { Throw.StorageLength(Archive.Source.Name, tensor, record.Length); }
        return new BoxPayload(
            Archive.Source, Archive.DataOffset(record) + (tensor.Shape.Count == 0 ? 0 : tensor.StorageOffset * tensor.DType.ByteSize()), [.. tensor.Strides]);
    }

    /// <summary>Reads every storage, by its key, for writing the object again (<see cref="TorchSave"/>).</summary>
    /// <exception cref="UnsupportedCheckpointException">The keys do not count from 0.</exception>
    public IReadOnlyList<ReadOnlyMemory<byte>> ReadStorages()
    {
        var count = Archive.Records.Count(record => record.Name.StartsWith("data/", StringComparison.Ordinal) && record.Name.Length > "data/".Length);
        var storages = new ReadOnlyMemory<byte>[count];
        for (var key = 0; key < count; key++)
        {
            if (!Archive.TryFind(string.Create(CultureInfo.InvariantCulture, $"data/{key}"), out var record)) { Throw.Keys(Archive.Source.Name, count, key); }
            storages[key] = Archive.Read(record);
        }
        return storages;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void NoStorage(string where, TorchTensor tensor) => throw new MalformedCheckpointException(
            "TOR-5.5", where, $"no record data/{tensor.StorageKey} for a tensor of size {tensor.Shape}");

        [DoesNotReturn]
        internal static void Keys(string where, int count, int key) => throw new UnsupportedCheckpointException(
            "TOR-5.8", where, $"{count} storages and none with the key {key}; their keys should count from 0");

        [DoesNotReturn]
        internal static void StorageLength(string where, TorchTensor tensor, long length) => throw new MalformedCheckpointException(
            "TOR-5.5", where, $"record data/{tensor.StorageKey} has {length} bytes, the tensor's storage {tensor.StorageBytes}");
    }
}
