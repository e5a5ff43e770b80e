namespace Ckpt.Formats.IO;

/// <summary>A file that is opened at the first read and stays open: a checkpoint of many files costs no handles until it is read.</summary>
sealed class LazyFileByteSource(string path, long length, string? name = null) : IByteSource, IDisposable
{
    readonly Lock _lock = new();
    FileByteSource? _file;

    public string Name { get; } = name ?? path;

    public long Length { get; } = length;

    /// <exception cref="IOException">The file has another length than when its header was read.</exception>
    public void ReadExactly(long offset, Span<byte> destination) => Open().ReadExactly(offset, destination);

    public void WillNeed(long offset, long length) => Open().WillNeed(offset, length);

    public void Dispose() => _file?.Dispose();

    /// <summary>Closes the file until something of it is read again; nothing may be reading now.</summary>
    internal void Close()
    {
        lock (_lock)
        {
            _file?.Dispose();
            _file = null;
        }
    }

    FileByteSource Open()
    {
        if (Volatile.Read(ref _file) is { } open) { return open; }
        lock (_lock)
        {
            if (_file is not null) { return _file; }
            var file = new FileByteSource(path);
            if (file.Length != Length)
            {
                file.Dispose();
                throw new IOException($"{Name}: {Length} bytes when it was opened, {file.Length} now");
            }
            Volatile.Write(ref _file, file);
            return file;
        }
    }
}
