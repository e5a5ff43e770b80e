using System.Diagnostics.CodeAnalysis;
using System.Text;
using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.Zarr;

/// <summary>Which names of tensors can be folders of arrays. Pure.</summary>
static class ZarrNames
{
    const int LongestPart = 255; // bytes, of Linux's file systems

    /// <summary>Refuses names that are no path below the root, that a file of the format has, and arrays in arrays.</summary>
    /// <param name="targets">The tensors.</param>
    /// <param name="taken">Paths that are not free.</param>
    internal static void Check(IReadOnlyList<TensorTarget> targets, IEnumerable<string> taken)
    {
        var names = new HashSet<string>(targets.Count, StringComparer.Ordinal);
        foreach (var target in targets)
        {
            if (!names.Add(target.Name)) { throw new ArgumentException($"two targets named {target.Name}", nameof(targets)); }
        }
        var reserved = new HashSet<string>(taken, StringComparer.Ordinal);
        foreach (var target in targets)
        {
            var parts = target.Name.Split('/');
            if (parts.Any(static part => !IsFolderName(part)) || reserved.Contains(parts[0])) { Throw.Name(target.Name); }
            for (var end = target.Name.LastIndexOf('/'); end > 0; end = target.Name.LastIndexOf('/', end - 1))
            {
                if (names.Contains(target.Name[..end])) { Throw.Inside(target.Name, target.Name[..end]); }
            }
        }
    }

    static bool IsFolderName(string part) =>
        part.Length > 0 && part.Trim('.').Length > 0 && !part.StartsWith("__", StringComparison.Ordinal) && part is not (ZarrArray.V3Name or ZarrArray.V2Name or ".zgroup" or ".zattrs" or ".zmetadata")
        && !part.Contains('\0', StringComparison.Ordinal) && !part.EndsWith(".sync", StringComparison.Ordinal) && Encoding.UTF8.GetByteCount(part) <= LongestPart;

    static class Throw
    {
        [DoesNotReturn]
        internal static void Name(string name) => throw new UnsupportedCheckpointException(
            "ZAR-6.1", Quoted.Name(name), "cannot be the folder of a zarr array: its parts must be folder names of at most 255 bytes that the format does not use itself");

        [DoesNotReturn]
        internal static void Inside(string name, string outer) => throw new UnsupportedCheckpointException(
            "ZAR-6.1", Quoted.Name(name), $"would be an array inside the array {Quoted.Name(outer)}");
    }
}
