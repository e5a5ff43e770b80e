namespace Ckpt.Sharding.Running;

/// <summary>A file that one process holds at a time, on this machine or, where the file system carries locks, on all that share it.</summary>
sealed class FileLock : IDisposable
{
    readonly FileStream _stream;

    FileLock(FileStream stream) => _stream = stream;

    /// <summary>Takes the lock, or gives null with what stood in the way.</summary>
    /// <exception cref="DirectoryNotFoundException">The folder is gone.</exception>
    internal static FileLock? TryTake(string path, out IOException? busy)
    {
        busy = null;
        try { return new FileLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None)); }
        // Whoever held it may have published meanwhile: then the folder has gone with it, which the next attempt will find.
        catch (IOException error) when (error is not DirectoryNotFoundException && (File.Exists(path) || !Directory.Exists(Path.GetDirectoryName(path))))
        {
            busy = error;
            return null;
        }
    }

    public void Dispose() => _stream.Dispose();
}
