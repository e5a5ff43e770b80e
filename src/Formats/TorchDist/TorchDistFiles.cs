using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.TorchDist;

/// <summary>The <c>.distcp</c> files of a checkpoint: numbered when it is opened, each opened when first read.</summary>
sealed class TorchDistFiles : IDisposable
{
    readonly string _folder;
    readonly Dictionary<string, int> _numbers = [];
    readonly List<FileEntry> _entries = [];
    readonly Lock _lock = new();
    FileByteSource?[] _open = [];
    bool _closed;

    internal TorchDistFiles(string folder) => _folder = folder;

    internal IReadOnlyList<FileEntry> Entries => _entries;

    /// <summary>The number of the file of a stream, which must be there and hold it.</summary>
    internal int Number(in TorchDistStorage storage, string entry, string where)
    {
        if (!_numbers.TryGetValue(storage.Path, out var number))
        {
            var file = new FileInfo(System.IO.Path.Combine(_folder, storage.Path));
            if (!file.Exists) { throw new MalformedCheckpointException("TDC-2.11", where, $"{entry} lies in {storage.Path}, which is missing"); }
            number = _entries.Count;
            _numbers.Add(storage.Path, number);
            _entries.Add(new FileEntry(storage.Path, file.Length));
        }
        var length = _entries[number].Length;
        if (storage.Offset > length || storage.Length > length - storage.Offset)
        {
            throw new MalformedCheckpointException(
                "TDC-2.10", where, $"{entry} lies in bytes {storage.Offset} to {storage.Offset + storage.Length} of {storage.Path}, which has {length}");
        }
        return number;
    }

    internal FileByteSource Open(int number)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            if (_open.Length < _entries.Count) { Array.Resize(ref _open, _entries.Count); }
            return _open[number] ??= Opened(_entries[number]);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _closed = true;
            foreach (var file in _open) { file?.Dispose(); }
            _open = [];
        }
    }

    FileByteSource Opened(FileEntry entry)
    {
        var file = new FileByteSource(System.IO.Path.Combine(_folder, entry.Path), entry.Path);
        if (file.Length >= entry.Length) { return file; }
        file.Dispose();
        throw new MalformedCheckpointException("TDC-2.10", entry.Path, $"had {entry.Length} bytes when the checkpoint was opened, has {file.Length} now");
    }
}
