using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Ckpt.Sharding.Running;

/// <summary>The few system calls the base library does not offer: flush a folder, start writing back, swap two folders, link a file.</summary>
static partial class Posix
{
    const int CurrentDirectory = -100;
    const uint Exchange = 2;
    const uint WaitBefore = 1;
    const uint StartWriting = 2;
    const uint WaitAfter = 4;
    const int DoNotNeed = 4;

    /// <summary>Makes renames and new names in a folder durable. Does nothing where the system has no such call.</summary>
    internal static void FlushFolder(string path)
    {
        if (OperatingSystem.IsWindows()) { return; }
        var descriptor = Open(path, 0);
        if (descriptor < 0) { throw new IOException($"{path}: cannot be opened to be flushed (error {Marshal.GetLastPInvokeError()})"); }
        try
        {
            if (Fsync(descriptor) != 0) { throw new IOException($"{path}: cannot be flushed (error {Marshal.GetLastPInvokeError()})"); }
        }
        finally { _ = Close(descriptor); }
    }

    /// <summary>Makes everything written to a folder's file system durable; false where the system has no such call.</summary>
    internal static bool TryFlushFileSystem(string path)
    {
        if (!OperatingSystem.IsLinux()) { return false; }
        var descriptor = Open(path, 0);
        if (descriptor < 0) { return false; }
        try { return SyncFileSystem(descriptor) == 0; }
        finally { _ = Close(descriptor); }
    }

    /// <summary>Asks for written bytes to go to the disk now, without waiting, so that the final flush finds little left.</summary>
    internal static void StartWriteBack(SafeFileHandle file, long offset, long length)
    {
        if (OperatingSystem.IsLinux()) { _ = SyncFileRange(file, offset, length, StartWriting); }
    }

    /// <summary>Waits until a written range is on its way to the disk for good, and gives its pages of memory back.</summary>
    internal static void FinishWriteBack(SafeFileHandle file, long offset, long length)
    {
        if (!OperatingSystem.IsLinux()) { return; }
        _ = SyncFileRange(file, offset, length, WaitBefore | StartWriting | WaitAfter);
        _ = Advise(file, offset, length, DoNotNeed);
    }

    /// <summary>Swaps two folders in one step; false where the file system cannot.</summary>
    internal static bool TryExchange(string a, string b) =>
        OperatingSystem.IsLinux() && RenameAt2(CurrentDirectory, a, CurrentDirectory, b, Exchange) == 0;

    /// <summary>Gives a name to what another name stood for, in one step, links included; false where the system has no such call.</summary>
    internal static bool TryRename(string from, string to) => !OperatingSystem.IsWindows() && Rename(from, to) == 0;

    /// <summary>Gives a file a second name; false where the file system cannot.</summary>
    internal static bool TryLink(string from, string to) =>
        !OperatingSystem.IsWindows() && LinkAt(CurrentDirectory, from, CurrentDirectory, to, OperatingSystem.IsLinux() ? 0x400 : 0x40) == 0; // AT_SYMLINK_FOLLOW

    /// <summary>Bytes of data a file holds, holes left out: counted hole by hole with lseek.</summary>
    internal static long AllocatedBytes(string path)
    {
        const int SeekData = 3;
        const int SeekHole = 4;
        var descriptor = Open(path, 0);
        if (descriptor < 0) { return 0; }
        try
        {
            var (bytes, at) = (0L, 0L);
            while (Seek(descriptor, at, SeekData) is var data && data >= 0)
            {
                at = Seek(descriptor, data, SeekHole);
                if (at <= data) { break; }
                bytes += at - data;
            }
            return bytes;
        }
        finally { _ = Close(descriptor); }
    }

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    private static partial long Seek(int descriptor, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    private static partial int SyncFileSystem(int descriptor);

    [LibraryImport("libc", EntryPoint = "sync_file_range", SetLastError = true)]
    private static partial int SyncFileRange(SafeFileHandle file, long offset, long length, uint flags);

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int Advise(SafeFileHandle file, long offset, long length, int advice);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Rename(string from, string to);

    [LibraryImport("libc", EntryPoint = "linkat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int LinkAt(int oldFolder, string oldPath, int newFolder, string newPath, int flags);

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameAt2(int oldFolder, string oldPath, int newFolder, string newPath, uint flags);
}
