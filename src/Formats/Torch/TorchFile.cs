using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.Torch;

/// <summary>A torch.save file opened for reading: its object as inert nodes, and where its tensors lie. No tensor data is read.</summary>
public sealed class TorchFile
{
    readonly TorchArchive? _archive;
    readonly string _name;

    TorchFile(string name, TorchArchive? archive, PickleNode root, TorchStorageTable storages) => (_name, _archive, Root, Storages) = (name, archive, root, storages);

    /// <summary>The zip around it.</summary>
    /// <exception cref="InvalidOperationException">The file is of torch before 1.6, and there is none.</exception>
    public TorchArchive Archive => _archive ?? throw new InvalidOperationException($"{_name} is no zip");

    /// <summary>The object that was saved.</summary>
    public PickleNode Root { get; }

    /// <summary>Where the storages lie.</summary>
    public TorchStorageTable Storages { get; }

    /// <summary>Opens a file that is all of <paramref name="source"/>.</summary>
    /// <exception cref="CheckpointException">It breaks a clause of spec/torch.md.</exception>
    public static TorchFile Open(IByteSource source, PickleLimits? limits = null)
    {
        if (TorchOldFormats.IsSequence(source))
        {
            var (old, places) = TorchSequence.Read(source, limits ?? new PickleLimits());
            return new TorchFile(source.Name, null, old, new TorchStorageTable(source, places));
        }
        var archive = TorchArchive.Open(source);
        archive.TryFind("data.pkl", out var record);
        var root = PickleReader.Read(archive.Read(record!), $"{source.Name}, data.pkl", limits);
        return new TorchFile(source.Name, archive, root, new TorchStorageTable(archive));
    }

    /// <summary>Reads a node that <see cref="TorchTensor.IsTensor"/>.</summary>
    public TorchTensor Tensor(PickleNode node) => TorchTensor.Read(node, _name);

    /// <summary>Where a tensor's elements lie, in place; reads the storage's local header.</summary>
    /// <exception cref="MalformedCheckpointException">There is no such storage, or it is not of the length announced.</exception>
    public BoxPayload Locate(TorchTensor tensor) => Storages.Locate(tensor);

    /// <summary>Reads every storage, by its key, for writing the object again (<see cref="TorchSave"/>).</summary>
    /// <exception cref="UnsupportedCheckpointException">The keys do not count from 0.</exception>
    public IReadOnlyList<ReadOnlyMemory<byte>> ReadStorages()
    {
        if (_archive is null) { Throw.OldKeys(_name); }
        var count = _archive.Records.Count(record => record.Name.StartsWith("data/", StringComparison.Ordinal) && record.Name.Length > "data/".Length);
        var storages = new ReadOnlyMemory<byte>[count];
        for (var key = 0; key < count; key++)
        {
            if (!_archive.TryFind(string.Create(CultureInfo.InvariantCulture, $"data/{key}"), out var record)) { Throw.Keys(_name, count, key); }
            storages[key] = _archive.Read(record);
        }
        return storages;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void OldKeys(string where) => throw new UnsupportedCheckpointException(
            "TOR-5.8", where, "the storages of a file of torch before 1.6 are not named by numbers");

        [DoesNotReturn]
        internal static void Keys(string where, int count, int key) => throw new UnsupportedCheckpointException(
            "TOR-5.8", where, $"{count} storages and none with the key {key}; their keys should count from 0");
    }
}
