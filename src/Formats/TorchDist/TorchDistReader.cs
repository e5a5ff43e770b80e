using System.Text.Json.Nodes;
using Ckpt.Formats.IO;
using Ckpt.Formats.Megatron;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;

namespace Ckpt.Formats.TorchDist;

/// <summary>
/// Reads a torch_dist checkpoint of Megatron-core, or a plain one of torch.distributed.checkpoint (format <c>torch_dcp</c>). Opening reads the
/// index; a stream's own header is read when its box is located.
/// </summary>
public sealed class TorchDistReader : IMegatronReader, IReplicatedCheckpoint
{
    internal const string CommonObject = "common_state/shard_0_1";

    readonly TorchDistFolder _folder;
    readonly TorchDistMetadata _metadata;
    readonly TorchDistFiles _files;
    readonly Dictionary<string, int> _tensors = [];
    readonly Dictionary<string, int> _objects = [];
    readonly TorchDistBoxCache _located;
    readonly TorchDistBlobs _blobs = new();
    readonly TorchDistPacked _packed;
    readonly StoredBox[] _replicas;
    readonly Lazy<PickleDict?> _common;
    readonly TorchDistConfig? _config;

    TorchDistReader(TorchDistFolder folder, TorchDistConfig? config, TorchDistMetadata metadata, string where)
    {
        (_folder, _config, _metadata) = (folder, config, metadata);
        _files = new TorchDistFiles(folder.Path);
        _packed = new TorchDistPacked(_files);
        Tensors = metadata.Tensors.Select(tensor => Numbered(tensor, where)).ToArray();
        Objects = metadata.Objects.Select(item => Numbered(item, where)).ToArray();
        for (var i = 0; i < Tensors.Count; i++) { _tensors.Add(Tensors[i].Name, i); }
        for (var i = 0; i < Objects.Count; i++) { _objects.Add(Objects[i].Name, i); }
        _located = new TorchDistBoxCache(Tensors);
        _replicas = [.. metadata.Replicas.Select(replica => Stored(replica.Storage, Tensors[replica.Tensor].Name, Tensors[replica.Tensor].DType, Tensors[replica.Tensor].Boxes[replica.Chunk].Box, where))];
        Replicas = [.. metadata.Replicas.Select((replica, i) => new Replica(replica.Tensor, replica.Chunk, _replicas[i].File))];
        _common = new Lazy<PickleDict?>(() => FromCommon(AsCommon));
    }

    /// <summary>Opens an iteration's folder, or a run's folder by its tracker file.</summary>
    /// <exception cref="CheckpointException">It breaks a clause of spec/torch-dist.md part 1 or 2.</exception>
    public static TorchDistReader Open(string path)
    {
        var folder = TorchDistFolder.Find(path);
        var config = folder.ReadConfig();
        var paths = folder.MetadataPaths();
        return new TorchDistReader(folder, config, paths is [var only] ? Read(only, isPart: false) : TorchDistRanks.Merge([.. paths.Select(static path => Read(path, isPart: true))], paths), paths[0]);
    }

    static TorchDistMetadata Read(string path, bool isPart)
    {
        using var source = new FileByteSource(path);
        return new TorchDistMetadataParser(path, isPart).Parse(PickleReader.Read(source, null, TorchDistMetadataParser.PlansAttribute));
    }

    public string Format => _config?.Backend == "torch_dist" ? "torch_dist" : "torch_dcp";

    /// <summary>What metadata.json names; null where there is none.</summary>
    public string? Backend => _config?.Backend;

    /// <summary>The folder that holds the index.</summary>
    public string Path => _folder.Path;

    /// <summary>The iteration in the folder's name, where it has one.</summary>
    public long? Iteration => _folder.Iteration;

    /// <summary>Whether the folder is named <c>release</c>.</summary>
    public bool IsRelease => _folder.IsRelease;

    public IReadOnlyList<FileEntry> Files => _files.Entries;

    public IReadOnlyList<TensorInfo> Tensors { get; }

    public IReadOnlyList<ObjectInfo> Objects { get; }

    public ReadingCost ReadingCost => _packed.ReadingCost;

    /// <summary>What several processes saved each for itself, where each has an index of its own.</summary>
    public IReadOnlyList<Replica> Replicas { get; }

    /// <summary>The state that is not sharded: common.pt, or from core 0.19 on an object. Null where there is neither, and for torch_dcp.</summary>
    public PickleDict? Common => _common.Value;

    /// <summary>The storages of tensors in <see cref="Common"/>, by key, as <see cref="TorchDistWriterOptions.CommonStorages"/> takes them; read anew each time.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> CommonStorages => FromCommon((file, _) => file.ReadStorages()) ?? [];

    /// <summary>Of optimizer tensors stored flattened (core 0.8 to 0.15): the shape of the tensor before.</summary>
    public IReadOnlyDictionary<string, Shape> OriginalShapes => _metadata.OriginalShapes;

    /// <summary>From the flat names to the paths in the object that was saved; null where the index has none.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<TorchDistPathStep>>? PlannerPaths => _metadata.PlannerPaths;

    /// <summary>Opens a stored object's file, to reach tensors inside it.</summary>
    /// <exception cref="KeyNotFoundException">There is no object of that name.</exception>
    public TorchFile OpenObject(string name) => TorchFile.Open(OpenStream(name));

    /// <summary>The bytes of a stored object's torch.save file.</summary>
    /// <exception cref="KeyNotFoundException">There is no object of that name.</exception>
    public IByteSource OpenStream(string name)
    {
        if (!_objects.TryGetValue(name, out var number)) { throw new KeyNotFoundException($"no object {name}"); }
        var item = Objects[number];
        var file = _files.Open(item.File);
        if (_packed.Holds(item.File, item.Offset)) { return _packed.Object(item); }
        return new SliceByteSource(file, item.Offset, item.Length, $"{file.Name}, object {name} at byte {item.Offset}");
    }

    /// <summary>A stored object; of torch_dist, where each is the only element of a list, that element.</summary>
    public PickleNode ReadObject(string name)
    {
        var root = OpenObject(name).Root;
        return Format == "torch_dist" && root is PickleList { Items: [var only] } ? only : root;
    }

    public BoxPayload Locate(TensorInfo tensor, int box)
    {
        if (!_tensors.TryGetValue(tensor.Name, out var number) || !ReferenceEquals(Tensors[number], tensor))
        {
            throw new ArgumentException($"{tensor.Name} is no tensor of {Path}", nameof(tensor));
        }
        var stored = tensor.Boxes[box];
        var source = Stream(stored, tensor);
        if (_located.TryGet(number, box, out var offset, out var strides)) { return new BoxPayload(source, offset, strides); }
        (offset, strides) = Find(source, stored, tensor);
        _located.Set(number, box, offset, strides);
        return new BoxPayload(source, offset, strides);
    }

    public BoxPayload LocateReplica(int replica)
    {
        var (stored, tensor) = (_replicas[replica], Tensors[Replicas[replica].Tensor]);
        var source = Stream(stored, tensor);
        var (offset, strides) = Find(source, stored, tensor);
        return new BoxPayload(source, offset, strides);
    }

    public JsonObject Describe() => new()
    {
        ["format"] = Format,
        ["folder"] = Path,
        ["iteration"] = Iteration,
        ["release"] = IsRelease,
        ["sharded_backend"] = _config?.Backend,
        ["sharded_backend_version"] = _config?.Version,
        ["index_class"] = _metadata.RootClass,
        ["index_version"] = _metadata.Version,
        ["checkpoint_id"] = _metadata.CheckpointId,
        ["files"] = new JsonArray([.. Files.Select(file => (JsonNode)new JsonObject { ["path"] = file.Path, ["bytes"] = file.Length })]),
        ["tensors"] = Tensors.Count,
        ["objects"] = Objects.Count,
        ["flattened_tensors"] = OriginalShapes.Count,
        ["common"] = Common is { } common ? PickleJson.Say(common) : null,
    };

    public void Dispose() => _files.Dispose();

    TensorInfo Numbered(TorchDistTensor tensor, string where)
    {
        var boxes = new StoredBox[tensor.Chunks.Count];
        for (var i = 0; i < boxes.Length; i++)
        {
            var storage = tensor.Storages[i];
            boxes[i] = Stored(storage, tensor.Name, tensor.DType, tensor.Chunks[i], where);
        }
        return new TensorInfo(tensor.Name, tensor.DType, tensor.Shape, boxes);
    }

    StoredBox Stored(in TorchDistStorage storage, string name, DType dtype, Box box, string where)
    {
        var stored = new StoredBox(box, _files.Number(storage, name, where), storage.Offset, storage.Length);
        if (storage.IsPacked) { _packed.Add(stored.File, storage, dtype.ByteLength(box.Volume)); }
        return stored;
    }

    IByteSource Stream(in StoredBox stored, TensorInfo tensor) =>
        _packed.Holds(stored.File, stored.Offset) ? _packed.Stream(stored, tensor) : _files.Open(stored.File);

    (long Offset, long[] Strides) Find(IByteSource source, in StoredBox stored, TensorInfo tensor) => TorchDistStream.Locate(
        source, _packed.Holds(stored.File, stored.Offset) ? stored with { Offset = 0, Length = source.Length } : stored, tensor, _blobs);

    ObjectInfo Numbered(TorchDistObject item, string where)
    {
        var file = _files.Number(item.Storage, item.Name, where);
        if (item.Storage.IsPacked) { _packed.Add(file, item.Storage, 0); }
        return new ObjectInfo(item.Name, file, item.Storage.Offset, item.Storage.Length);
    }

    T? FromCommon<T>(Func<TorchFile, string, T> read) where T : class
    {
        if (Format != "torch_dist") { return null; }
        var path = System.IO.Path.Combine(Path, TorchDistFolder.Common);
        if (!File.Exists(path)) { return _objects.ContainsKey(CommonObject) ? read(OpenObject(CommonObject), $"{Path}, {CommonObject}") : null; }
        using var source = new FileByteSource(path);
        return read(TorchFile.Open(source), path);
    }

    static PickleDict AsCommon(TorchFile file, string where) => file.Root switch
    {
        PickleDict dict => dict,
        PickleList { Items: [PickleDict only] } => only,
        var other => throw new MalformedCheckpointException("TDC-1.8", where, $"holds {PickleThrow.Kind(other)}, the common state is a dict"),
    };
}
