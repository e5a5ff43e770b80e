using Microsoft.Win32.SafeHandles;

namespace Ckpt.Data.IO;

/// <summary>A file read by position.</summary>
sealed class DataFileSource : IDisposable
{
    readonly SafeFileHandle _handle;

    internal DataFileSource(string path)
    {
        _handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        Name = path;
        Length = RandomAccess.GetLength(_handle);
    }

    /// <summary>The path, for messages.</summary>
    internal string Name { get; }

    internal long Length { get; }

    /// <summary>Fills all of <paramref name="destination"/>; the caller has checked that so much is there.</summary>
    internal void ReadExactly(long offset, Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            var got = RandomAccess.Read(_handle, destination, offset);
            if (got == 0) { throw new EndOfStreamException($"{Name}: {destination.Length} bytes wanted at {offset}; the file was {Length} bytes long when it was opened"); }
            destination = destination[got..];
            offset += got;
        }
    }

    public void Dispose() => _handle.Dispose();
}
