using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;

namespace Ckpt.Formats.LegacyTorch;

/// <summary>A rank's file opened for reading: what is in it, and where its tensors lie. No tensor data is read.</summary>
public sealed class LegacyRankFile : IDisposable
{
    readonly string _folder;
    readonly LazyFileByteSource _source;
    readonly TorchStorageTable _storages;
    readonly Lock _lock = new();
    LazyFileByteSource? _beside;

    LegacyRankFile(LegacyRankName name, string folder, LazyFileByteSource source, TorchStorageTable storages, LegacyRankState state) =>
        (Name, _folder, _source, _storages, State) = (name, folder, source, storages, state);

    /// <summary>Whose it is.</summary>
    public LegacyRankName Name { get; }

    /// <summary>What is in it.</summary>
    public LegacyRankState State { get; }

    /// <summary>The name in messages.</summary>
    public string Where => _source.Name;

    /// <summary>Its bytes.</summary>
    public IByteSource Source => _source;

    /// <summary>Opens a rank's file; it is not kept open until something of it is read.</summary>
    /// <exception cref="CheckpointException">It breaks a clause of spec/torch.md, or of spec/legacy-torch.md part 2.</exception>
    public static LegacyRankFile Open(LegacyTorchFolder folder, LegacyRankEntry entry)
    {
        var source = new LazyFileByteSource(Path.Combine(folder.Path, entry.Model.Path), entry.Model.Length, entry.Model.Path);
        try
        {
            var file = TorchFile.Open(source);
            return new LegacyRankFile(entry.Name, folder.Path, source, file.Storages, LegacyRankParser.Parse(file, source.Name));
        }
        finally { source.Close(); }
    }

    /// <summary>Where a tensor's elements lie.</summary>
    public BoxPayload Locate(TorchTensor tensor) => _storages.Locate(tensor);

    /// <summary>Reads the file's object anew, with all that belongs to the rank alone.</summary>
    public TorchFile Read() => TorchFile.Open(_source);

    /// <summary>Opens the rank's other file, that of a distributed optimizer.</summary>
    public TorchFile OpenBeside(FileEntry entry)
    {
        lock (_lock) { _beside ??= new LazyFileByteSource(Path.Combine(_folder, entry.Path), entry.Length, entry.Path); }
        return TorchFile.Open(_beside);
    }

    /// <summary>Where what stores a tensor lies in the file; reads nothing.</summary>
    public (long Offset, long Length) Place(TorchTensor tensor) => _storages.Place(tensor.StorageKey);

    public void Dispose()
    {
        _source.Dispose();
        _beside?.Dispose();
    }
}
