using System.Diagnostics.CodeAnalysis;
using System.IO.Enumeration;

namespace Ckpt.Formats.Zarr;

/// <summary>A chunk that is stored.</summary>
readonly record struct ZarrChunkFile(long[] Index, string Path, long Length);

/// <summary>The chunk files of an array, from one listing of its folder.</summary>
static class ZarrChunkFiles
{
    /// <summary>The chunks that are there, in row-major order of their place in the grid; files of other names are left alone.</summary>
    /// <param name="root">The tree's root.</param>
    /// <param name="array">The array.</param>
    internal static List<ZarrChunkFile> List(string root, ZarrFoundArray array)
    {
        var folder = Path.Combine(root, array.Folder);
        var (keys, grid) = (array.Array.Keys, array.Array.Grid());
        var chunks = new List<ZarrChunkFile>();
        var options = new EnumerationOptions { RecurseSubdirectories = keys.Separator == '/', MaxRecursionDepth = grid.Length + 1, AttributesToSkip = 0, IgnoreInaccessible = false };
        var prefix = folder.EndsWith('/') ? folder.Length : folder.Length + 1;
        var files = new FileSystemEnumerable<(string Path, long Length)>(folder, (ref FileSystemEntry entry) => (entry.ToFullPath()[prefix..], entry.Length), options)
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory,
        };
        foreach (var (path, length) in files)
        {
            if (keys.Parse(path, grid.Length) is not { } index) { continue; }
            if (!IsInside(index, grid)) { Throw.Outside(folder, path, array.Array.Shape.ToString(), array.Array.ChunkShape.ToString()); }
            chunks.Add(new ZarrChunkFile(index, array.Folder.Length == 0 ? path : $"{array.Folder}/{path}", length));
        }
        chunks.Sort(static (a, b) => a.Index.AsSpan().SequenceCompareTo(b.Index));
        return chunks;
    }

    static bool IsInside(long[] index, long[] grid)
    {
        if (index.Length != grid.Length) { return false; }
        for (var axis = 0; axis < grid.Length; axis++)
        {
            if (index[axis] >= grid[axis]) { return false; }
        }
        return true;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Outside(string folder, string key, string shape, string chunks) => throw new MalformedCheckpointException(
            "ZAR-3.1", folder, $"chunk {Quoted.Name(key)} is not in the grid of shape {shape} and chunks {chunks}");
    }
}
