using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Ckpt.Formats.IO;
using Ckpt.Formats.Megatron;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Formats.TorchDist;

namespace Ckpt.Formats.Zarr;

/// <summary>
/// Reads a checkpoint that Megatron-core up to 0.15 saved with its zarr backend: an array a key, objects as torch.save files, common.pt.
/// </summary>
public sealed class MegatronZarrReader : IMegatronReader
{
    internal const string Backend = "zarr";

    readonly ZarrTensors _tensors;
    readonly Dictionary<string, ObjectInfo> _objects = new(StringComparer.Ordinal);
    readonly Lazy<PickleDict?> _common;

    MegatronZarrReader(TorchDistFolder folder, ZarrFolder tree)
    {
        (Path, Iteration, IsRelease) = (folder.Path, folder.Iteration, folder.IsRelease);
        _tensors = ZarrTensors.List(folder.Path, tree.Arrays);
        foreach (var (name, path, length) in MegatronZarrObjects.Name(tree.Objects))
        {
            _objects.Add(name, new ObjectInfo(name, _tensors.Files.Add(path, length), 0, length));
        }
        Objects = [.. _objects.Values];
        _common = new Lazy<PickleDict?>(() => FromCommon(static (file, where) => file.Root as PickleDict ?? Throw.Common(where, file.Root)));
    }

    /// <summary>Opens an iteration's folder, or a run's folder by its tracker file.</summary>
    /// <exception cref="CheckpointException">It breaks a clause of spec/zarr.md.</exception>
    public static MegatronZarrReader Open(string path)
    {
        var folder = TorchDistFolder.Find(path);
        if (!Directory.Exists(folder.Path)) { Throw.NoFolder(folder.Path); }
        _ = folder.ReadConfig([Backend]) ?? Throw.NoConfig(folder.Path);
        return new MegatronZarrReader(folder, ZarrFolder.Walk(folder.Path, megatron: true));
    }

    public string Format => "zarr";

    /// <summary>The folder that holds metadata.json.</summary>
    public string Path { get; }

    public long? Iteration { get; }

    public bool IsRelease { get; }

    public IReadOnlyList<FileEntry> Files => _tensors.Files.Entries;

    public IReadOnlyList<TensorInfo> Tensors => _tensors.Tensors;

    public IReadOnlyList<ObjectInfo> Objects { get; }

    public ReadingCost ReadingCost => _tensors.Cost;

    public PickleDict? Common => _common.Value;

    public IReadOnlyList<ReadOnlyMemory<byte>> CommonStorages => FromCommon(static (file, _) => file.ReadStorages()) ?? [];

    /// <summary>None: this backend wrote flattened optimizer tensors into arrays of their own shape.</summary>
    public IReadOnlyDictionary<string, Shape> OriginalShapes { get; } = new Dictionary<string, Shape>();

    public PickleNode ReadObject(string name) => OpenObject(name).Root;

    public TorchFile OpenObject(string name) =>
        _objects.TryGetValue(name, out var item) ? TorchFile.Open(_tensors.Files.Source(item.File)) : throw new KeyNotFoundException($"no object {name}");

    public JsonObject Describe() => new()
    {
        ["format"] = Format,
        ["folder"] = Path,
        ["iteration"] = Iteration,
        ["release"] = IsRelease,
        ["sharded_backend"] = Backend,
        ["tensors"] = Tensors.Count,
        ["objects"] = Objects.Count,
        ["files"] = Files.Count,
        ["common"] = Common is { } common ? PickleJson.Say(common) : null,
    };

    public BoxPayload Locate(TensorInfo tensor, int box) => _tensors.Locate(tensor, box);

    public void Dispose() => _tensors.Dispose();

    T? FromCommon<T>(Func<TorchFile, string, T> read) where T : class
    {
        var path = System.IO.Path.Combine(Path, TorchDistFolder.Common);
        if (!File.Exists(path)) { return null; }
        using var source = new FileByteSource(path);
        return read(TorchFile.Open(source), path);
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void NoFolder(string where) => throw new MalformedCheckpointException("ZAR-5.1", where, "is no folder");

        [DoesNotReturn]
        internal static TorchDistConfig NoConfig(string where) => throw new MalformedCheckpointException(
            "ZAR-5.1", where, $"has no {TorchDistConfig.FileName}, which a complete save ends with");

        [DoesNotReturn]
        internal static PickleDict Common(string where, PickleNode found) => throw new MalformedCheckpointException(
            "ZAR-5.5", where, $"holds {PickleThrow.Kind(found)}, the common state is a dict");
    }
}
