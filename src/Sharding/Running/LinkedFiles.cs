using Ckpt.Formats.Tensors;

namespace Ckpt.Sharding.Running;

/// <summary>How files came into an output without being written anew.</summary>
/// <param name="Linked">Files that share their bytes with the source.</param>
/// <param name="Copied">Files the file system could not link.</param>
/// <param name="Bytes">Bytes of both.</param>
public readonly record struct LinkedFilesReport(int Linked, int Copied, long Bytes);

/// <summary>
/// Puts a checkpoint's data files into an output as they are. A linked file is one file under two names: it takes no room and no time, and stays
/// when either folder is deleted; whoever wrote into it in place would change both.
/// </summary>
public static class LinkedFiles
{
    const int CopyBytes = 4 << 20;

    /// <summary>Links each file, or copies it where the file system cannot (another disk) or <paramref name="copy"/> asks for it; what is in the way is replaced.</summary>
    /// <param name="output">The output.</param>
    /// <param name="source">The folder the files are in.</param>
    /// <param name="files">Relative to it.</param>
    /// <param name="folder">Where in the output they go; may be empty.</param>
    /// <param name="copy">Whether to copy and never link.</param>
    /// <exception cref="IOException">A file is not as long as announced, or cannot be copied.</exception>
    public static LinkedFilesReport Place(PartialOutput output, string source, IReadOnlyList<FileEntry> files, string folder, bool copy)
    {
        var (linked, copied, bytes) = (0, 0, 0L);
        foreach (var file in files)
        {
            var from = Path.Combine(source, file.Path);
            var to = Path.Combine(output.Folder, folder, file.Path);
            var length = new FileInfo(from).ResolveLinkTarget(returnFinalTarget: true) is FileInfo target ? target.Length : new FileInfo(from).Length;
            if (length != file.Length) { throw new IOException($"{from}: {length} bytes, there were {file.Length} when the run began"); }
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Delete(to);
            if (!copy && Posix.TryLink(from, to)) { linked++; }
            else
            {
                Copy(from, to);
                copied++;
            }
            bytes += length;
        }
        return new LinkedFilesReport(linked, copied, bytes);
    }

    static void Copy(string from, string to)
    {
        using var source = File.OpenRead(from);
        using var target = new FileStream(to, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        source.CopyTo(target, CopyBytes);
        target.Flush(flushToDisk: true);
    }
}
