using Microsoft.Win32.SafeHandles;

namespace Ckpt.Formats.IO;

/// <summary>A file read by position.</summary>
public sealed class FileByteSource : IByteSource, IDisposable
{
    readonly SafeFileHandle _handle;

    /// <summary>Opens a file for reading.</summary>
    /// <param name="path">The file.</param>
    /// <param name="name">The name for messages; the path where null.</param>
    public FileByteSource(string path, string? name = null)
    {
        _handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        Name = name ?? path;
        Length = RandomAccess.GetLength(_handle);
    }

    public string Name { get; }

    public long Length { get; }

    public void ReadExactly(long offset, Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            var got = RandomAccess.Read(_handle, destination, offset);
            if (got == 0) { throw new EndOfStreamException($"{Name}: {destination.Length} bytes wanted at {offset}, the file ends at {Length}"); }
            destination = destination[got..];
            offset += got;
        }
    }

    public void WillNeed(long offset, long length) => FileAdvice.WillNeed(_handle, offset, length);

    public void Dispose() => _handle.Dispose();
}
