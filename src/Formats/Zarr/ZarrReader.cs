using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.Zarr;

/// <summary>
/// Reads zarr arrays of version 2 or 3 in a folder: one array, or all arrays of a tree, by their paths. Opening reads metadata, lists chunk files
/// and reads the indexes of shards; elements that are stored plainly are read in place, encoded chunks through a bounded cache.
/// </summary>
public sealed class ZarrReader : ICheckpointReader
{
    readonly ZarrFolder _folder;
    readonly ZarrTensors _tensors;

    ZarrReader(string path, ZarrFolder folder, ZarrTensors tensors) => (Path, _folder, _tensors) = (path, folder, tensors);

    /// <summary>Opens the array or the tree of arrays in a folder.</summary>
    /// <exception cref="CheckpointException">It breaks a clause of spec/zarr.md part 1 to 4.</exception>
    public static ZarrReader Open(string path)
    {
        var root = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        if (!Directory.Exists(root)) { Throw.NoArrays(root, "is no folder"); }
        var folder = ZarrFolder.Walk(root, megatron: false);
        if (folder.Arrays.Count == 0) { Throw.NoArrays(root, "holds no zarr array, nor does any folder below it"); }
        return new ZarrReader(root, folder, ZarrTensors.List(root, folder.Arrays));
    }

    public string Format => "zarr";

    public string Path { get; }

    public IReadOnlyList<FileEntry> Files => _tensors.Files.Entries;

    public IReadOnlyList<TensorInfo> Tensors => _tensors.Tensors;

    public IReadOnlyList<ObjectInfo> Objects => [];

    public ReadingCost ReadingCost => _tensors.Cost;

    public JsonObject Describe() => new()
    {
        ["format"] = Format,
        ["folder"] = Path,
        ["tensors"] = Tensors.Count,
        ["consolidated"] = _folder.IsConsolidated,
        ["kinds"] = ZarrDescription.Kinds(_folder.Arrays),
    };

    public BoxPayload Locate(TensorInfo tensor, int box) => _tensors.Locate(tensor, box);

    public void Dispose() => _tensors.Dispose();

    static class Throw
    {
        [DoesNotReturn]
        internal static void NoArrays(string where, string fault) => throw new MalformedCheckpointException("ZAR-1.5", where, fault);
    }
}
