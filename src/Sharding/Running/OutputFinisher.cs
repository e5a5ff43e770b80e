using System.Buffers;
using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;

namespace Ckpt.Sharding.Running;

/// <summary>Writes what belongs to an output besides its data: copied files, the layout's closing files, the receipt.</summary>
public static class OutputFinisher
{
    const int CopyBytes = 1 << 20;

    /// <summary>Copies files into an output's folder, flushed; each must still have its announced length.</summary>
    /// <exception cref="IOException">A file changed while it was copied.</exception>
    public static IReadOnlyList<WrittenFile> CopySideFiles(PartialOutput output, IReadOnlyList<SideFile> files) => CopySideFiles(output.Folder, files);

    /// <summary>The same into any folder.</summary>
    /// <exception cref="IOException">A file changed while it was copied.</exception>
    public static IReadOnlyList<WrittenFile> CopySideFiles(string folder, IReadOnlyList<SideFile> files)
    {
        var written = new List<WrittenFile>(files.Count);
        var buffer = ArrayPool<byte>.Shared.Rent(CopyBytes);
        foreach (var file in files)
        {
            using var source = new FileByteSource(file.Source);
            if (source.Length != file.Length) { throw new IOException($"{file.Source}: {source.Length} bytes, there were {file.Length} when the run began"); }
            using var target = Create(folder, file.Path);
            var crc = Crc32.Empty;
            for (var done = 0L; done < file.Length; done += CopyBytes)
            {
                var part = buffer.AsSpan(0, (int)Math.Min(CopyBytes, file.Length - done));
                source.ReadExactly(done, part);
                target.Write(part);
                crc = Crc32.Append(crc, part);
            }
            target.Flush(flushToDisk: true);
            written.Add(new WrittenFile(file.Path, file.Length, crc));
        }
        ArrayPool<byte>.Shared.Return(buffer);
        return written;
    }

    /// <summary>Writes small files in order, each flushed before the next: the last one says that the others are complete.</summary>
    public static IReadOnlyList<WrittenFile> Write(PartialOutput output, IReadOnlyList<SmallFile> files) => Write(output.Folder, files);

    /// <summary>The same into any folder.</summary>
    public static IReadOnlyList<WrittenFile> Write(string folder, IReadOnlyList<SmallFile> files)
    {
        var written = new List<WrittenFile>(files.Count);
        foreach (var file in files)
        {
            using var target = Create(folder, file.Path);
            target.Write(file.Bytes.Span);
            target.Flush(flushToDisk: true);
            written.Add(new WrittenFile(file.Path, file.Bytes.Length, Crc32.Of(file.Bytes.Span)));
        }
        return written;
    }

    static FileStream Create(string folder, string path)
    {
        var full = Path.Combine(folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        return new FileStream(full, FileMode.Create, FileAccess.Write, FileShare.None);
    }
}
