using System.Security.Cryptography;

namespace Ckpt.EndToEndTests;

/// <summary>Copies and compares folders.</summary>
static class Folders
{
    internal static string Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from)) { File.Copy(file, Path.Combine(to, Path.GetFileName(file))); }
        foreach (var folder in Directory.EnumerateDirectories(from)) { Copy(folder, Path.Combine(to, Path.GetFileName(folder))); }
        return to;
    }

    /// <summary>Relative path and SHA-256 of every file but the receipt, which tells when it was written.</summary>
    internal static IReadOnlyList<string> Hashes(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(static f => Path.GetFileName(f) != "ckpt.json")
            .Select(f => $"{Path.GetRelativePath(folder, f)} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(f)))}")
            .Order(StringComparer.Ordinal),
    ];
}
