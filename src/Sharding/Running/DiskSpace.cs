using System.Runtime.InteropServices;
using Ckpt.Sharding.Plans;

namespace Ckpt.Sharding.Running;

/// <summary>Whether an output fits the disk it is to lie on.</summary>
public static class DiskSpace
{
    /// <summary>Checks before the first write that the file system has room for what is still to be written.</summary>
    /// <exception cref="BudgetException">It has not; the message holds both numbers.</exception>
    public static void Check(CopyPlan plan, IReadOnlyList<SideFile> sideFiles, string output)
    {
        var folder = Path.GetFullPath(output) + ".partial";
        var needed = plan.Layout.Closing.Sum(static f => (long)f.Bytes.Length) + sideFiles.Sum(static f => f.Length);
        foreach (var file in plan.Layout.Files) { needed += file.Encode?.MaxLength ?? file.Length; }
        if (Directory.Exists(folder))
        {
            foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories)) { needed -= OnDisk(file); }
        }
        var parent = Path.GetFullPath(output);
        while (!Directory.Exists(parent)) { parent = Path.GetDirectoryName(parent)!; }
        var free = new DriveInfo(parent).AvailableFreeSpace;
        if (needed > free) { throw new BudgetException($"{output} still needs {needed:N0} bytes on disk, its file system has {free:N0} free"); }
    }

    /// <summary>Blocks really taken: files are made at full length at once, and holes take no room.</summary>
    static long OnDisk(FileInfo file) => RuntimeInformation.IsOSPlatform(OSPlatform.Linux) ? Posix.AllocatedBytes(file.FullName) : 0;
}
