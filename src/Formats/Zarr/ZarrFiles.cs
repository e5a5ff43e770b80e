using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.Zarr;

/// <summary>
/// The files of a checkpoint, each opened when it is read and a bounded number kept open: there is one for every chunk. May be used from several
/// threads.
/// </summary>
sealed class ZarrFiles(string folder) : IDisposable
{
    const int MostIdle = 128;

    readonly List<FileEntry> _entries = [];
    readonly List<NumberedFile> _sources = [];
    readonly Lock _lock = new();
    readonly Dictionary<int, OpenFile> _open = [];
    readonly LinkedList<int> _idle = [];
    bool _closed;

    internal IReadOnlyList<FileEntry> Entries => _entries;

    /// <summary>Numbers a file; only while the checkpoint is being opened.</summary>
    internal int Add(string path, long length)
    {
        _entries.Add(new FileEntry(path, length));
        _sources.Add(new NumberedFile(this, _sources.Count));
        return _entries.Count - 1;
    }

    /// <summary>A file as a byte source, always the same one; nothing is opened before it is read.</summary>
    internal IByteSource Source(int number) => _sources[number];

    /// <summary>The full path of a file, for messages and for reading it whole.</summary>
    internal string PathOf(int number) => Path.Combine(folder, _entries[number].Path);

    public void Dispose()
    {
        lock (_lock)
        {
            _closed = true;
            foreach (var open in _open.Values) { open.File.Dispose(); }
            _open.Clear();
            _idle.Clear();
        }
    }

    OpenFile Take(int number)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            if (!_open.TryGetValue(number, out var open)) { _open.Add(number, open = new OpenFile(Opened(number))); }
            else if (open.Idle is { } node)
            {
                _idle.Remove(node);
                open.Idle = null;
            }
            open.Users++;
            return open;
        }
    }

    void Return(int number, OpenFile open)
    {
        lock (_lock)
        {
            if (--open.Users > 0 || _closed) { return; }
            open.Idle = _idle.AddLast(number);
            if (_idle.Count <= MostIdle) { return; }
            var oldest = _idle.First!.Value;
            _idle.RemoveFirst();
            _open.Remove(oldest, out var gone);
            gone!.File.Dispose();
        }
    }

    FileByteSource Opened(int number)
    {
        var file = new FileByteSource(PathOf(number), _entries[number].Path);
        if (file.Length == _entries[number].Length) { return file; }
        file.Dispose();
        return Throw.Changed(_entries[number], file.Length);
    }

    sealed class OpenFile(FileByteSource file)
    {
        internal FileByteSource File { get; } = file;

        internal int Users { get; set; }

        internal LinkedListNode<int>? Idle { get; set; }
    }

    sealed class NumberedFile(ZarrFiles files, int number) : IByteSource
    {
        public string Name => files._entries[number].Path;

        public long Length => files._entries[number].Length;

        public void ReadExactly(long offset, Span<byte> destination)
        {
            var open = files.Take(number);
            try { open.File.ReadExactly(offset, destination); }
            finally { files.Return(number, open); }
        }

        public void WillNeed(long offset, long length)
        {
            var open = files.Take(number);
            try { open.File.WillNeed(offset, length); }
            finally { files.Return(number, open); }
        }
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static FileByteSource Changed(FileEntry entry, long length) => throw new MalformedCheckpointException(
            "ZAR-1.6", entry.Path, $"had {entry.Length} bytes when the checkpoint was opened, has {length} now");
    }
}
