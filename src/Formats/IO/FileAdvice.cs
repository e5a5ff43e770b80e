using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Ckpt.Formats.IO;

/// <summary>Tells the system how a file will be used; nothing where it has no such call.</summary>
static partial class FileAdvice
{
    const int WillBeNeeded = 3;

    /// <summary>Begins reading a range into the page cache, without waiting.</summary>
    internal static void WillNeed(SafeFileHandle file, long offset, long length)
    {
        if (OperatingSystem.IsLinux()) { _ = Advise(file, offset, length, WillBeNeeded); }
    }

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int Advise(SafeFileHandle file, long offset, long length, int advice);
}
