using Ckpt.Formats.Tensors;
using Microsoft.Win32.SafeHandles;

namespace Ckpt.Sharding.Running;

/// <summary>
/// The data files of an output: each is made at its full length when it is first needed, and a bounded number are open at once, as some formats
/// have a file for every piece of a tensor. May be used from several threads.
/// </summary>
sealed class OutputFiles(string folder, IReadOnlyList<FileLayout> files) : IDisposable
{
    /// <summary>Files open at once, besides those in use: well below the 1,024 that systems allow by default.</summary>
    internal const int MostIdle = 256;

    readonly Lock _lock = new();
    readonly Dictionary<int, OpenFile> _open = [];
    readonly LinkedList<int> _idle = [];
    readonly HashSet<string> _folders = new(StringComparer.Ordinal);

    /// <summary>Opens a file for as long as the lease lasts.</summary>
    internal OutputLease Open(int file)
    {
        lock (_lock)
        {
            if (!_open.TryGetValue(file, out var open)) { _open.Add(file, open = new OpenFile(Create(file))); }
            else if (open.Idle is { } node)
            {
                _idle.Remove(node);
                open.Idle = null;
            }
            open.Users++;
            return new OutputLease(this, file, open.Handle);
        }
    }

    /// <summary>Makes all that was written durable: file by file, or, where they are many, with all else the file system has to write.</summary>
    internal void Flush(int first, int end)
    {
        if (end - first > MostIdle && Posix.TryFlushFileSystem(folder)) { return; }
        for (var f = first; f < end; f++)
        {
            using var file = Open(f);
            RandomAccess.FlushToDisk(file.Handle);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var open in _open.Values) { open.Handle.Dispose(); }
            _open.Clear();
            _idle.Clear();
        }
    }

    internal void Close(int file)
    {
        lock (_lock)
        {
            if (!_open.TryGetValue(file, out var open) || --open.Users > 0) { return; }
            open.Idle = _idle.AddLast(file);
            if (_idle.Count <= MostIdle) { return; }
            var oldest = _idle.First!.Value;
            _idle.RemoveFirst();
            _open.Remove(oldest, out var gone);
            gone!.Handle.Dispose();
        }
    }

    SafeFileHandle Create(int file)
    {
        var path = Path.Combine(folder, files[file].Path);
        var parent = Path.GetDirectoryName(path)!;
        if (_folders.Add(parent)) { Directory.CreateDirectory(parent); }
        var handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
        if (files[file].Encode is null && RandomAccess.GetLength(handle) != files[file].Length) { RandomAccess.SetLength(handle, files[file].Length); }
        return handle;
    }

    sealed class OpenFile(SafeFileHandle handle)
    {
        internal SafeFileHandle Handle { get; } = handle;

        internal int Users { get; set; }

        internal LinkedListNode<int>? Idle { get; set; }
    }
}

/// <summary>A file that stays open until this is disposed.</summary>
readonly struct OutputLease(OutputFiles files, int file, SafeFileHandle handle) : IDisposable
{
    internal SafeFileHandle Handle => handle;

    public void Dispose() => files.Close(file);
}
