using System.Text.Json.Nodes;
using Ckpt.Formats;
using Ckpt.Formats.LegacyTorch;
using Ckpt.Formats.Megatron;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;

namespace Ckpt.Models.Megatron.Legacy;

/// <summary>
/// Reads a legacy Megatron checkpoint (<c>mp_rank_*</c>) as global tensors under Megatron's canonical names, one a layer: as torch_dist
/// names them where layers have names of their own. Opening reads every rank's pickle and no tensor data.
/// </summary>
public sealed class LegacyTorchReader : IMegatronReader, IReplicatedCheckpoint
{
    /// <summary>The name of this format.</summary>
    public const string FormatName = "torch";

    readonly LegacyTorchFolder _folder;
    readonly IReadOnlyList<LegacyRankFile> _files;
    readonly LegacyAssembly _assembly;
    readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    readonly Dictionary<string, (int Rank, string? Key)> _objects = new(StringComparer.Ordinal);
    readonly long[]?[] _starts;

    LegacyTorchReader(LegacyTorchFolder folder, IReadOnlyList<LegacyRankFile> files, LegacyAssembly assembly)
    {
        (_folder, _files, _assembly) = (folder, files, assembly);
        var entries = folder.Ranks.Select(static rank => rank.Model).ToList();
        var objects = new List<ObjectInfo>();
        for (var i = 0; i < files.Count; i++)
        {
            foreach (var (key, bytes) in files[i].State.Own) { AddObject(objects, $"{folder.Ranks[i].Name}/{key}", i, key, i, bytes); }
            if (folder.Ranks[i].Optimizer is not { } optimizer) { continue; }
            AddObject(objects, $"{folder.Ranks[i].Name}/{LegacyTorchFolder.OptimizerName}", i, null, entries.Count, optimizer.Length);
            entries.Add(optimizer);
        }
        (Files, Objects) = (entries, objects);
        for (var i = 0; i < assembly.Tensors.Count; i++) { _numbers.Add(assembly.Tensors[i].Name, i); }
        _starts = new long[]?[assembly.Tensors.Count];
    }

    public string Format => FormatName;

    public string Path => _folder.Path;

    public IReadOnlyList<FileEntry> Files { get; }

    public IReadOnlyList<TensorInfo> Tensors => _assembly.Tensors;

    /// <summary>What a rank has of its own, as <c>mp_rank_00/rng_state</c>; its distributed optimizer as <c>mp_rank_00/distrib_optim.pt</c>.</summary>
    public IReadOnlyList<ObjectInfo> Objects { get; }

    public long? Iteration => _folder.Iteration;

    public bool IsRelease => _folder.IsRelease;

    /// <summary>What the first rank's file has besides the model and what is that rank's alone.</summary>
    public PickleDict? Common => _files[0].State.Shared;

    public IReadOnlyList<ReadOnlyMemory<byte>> CommonStorages => [];

    public IReadOnlyDictionary<string, Shape> OriginalShapes { get; } = new Dictionary<string, Shape>();

    /// <summary>The layout it was written under.</summary>
    public Sharding.Layouts.ParallelLayout Layout => _assembly.Grid.Layout;

    /// <summary>How its tensors are shared by ranks.</summary>
    public MegatronCuts Cuts => _assembly.Cuts;

    /// <summary>Whose file is whose: the index into <see cref="Files"/> for each rank that has one of its own.</summary>
    public IReadOnlyList<(Sharding.Layouts.RankPlace Place, int File)> Ranks => _assembly.Grid.Ranks;

    public IReadOnlyList<Replica> Replicas => _assembly.Replicas;

    /// <summary>Opens an iteration's folder, or a run's folder by its tracker file, as its files say they were written.</summary>
    public static LegacyTorchReader Open(string path) => Open(path, new LegacyReadOptions());

    /// <summary>The same, with what a user says.</summary>
    /// <exception cref="CheckpointException">It breaks a clause of spec/legacy-torch.md, or one of its files one of spec/torch.md.</exception>
    public static LegacyTorchReader Open(string path, LegacyReadOptions options)
    {
        var folder = LegacyTorchFolder.Find(path);
        var files = new List<LegacyRankFile>(folder.Ranks.Count);
        try
        {
            foreach (var rank in folder.Ranks) { files.Add(LegacyRankFile.Open(folder, rank)); }
            return new LegacyTorchReader(folder, files, LegacyAssembler.Assemble(folder, files, options));
        }
        catch
        {
            files.ForEach(static file => file.Dispose());
            throw;
        }
    }

    public BoxPayload Locate(TensorInfo tensor, int box)
    {
        if (!_numbers.TryGetValue(tensor.Name, out var number) || !ReferenceEquals(Tensors[number], tensor))
        {
            throw new ArgumentException($"{tensor.Name} is no tensor of {Path}", nameof(tensor));
        }
        var slice = _assembly.Slices[number][box];
        var starts = _starts[number] ??= new long[tensor.Boxes.Count];
        // One more than the place, so that 0 says: not yet. Finding it reads the header of the storage.
        if (Volatile.Read(ref starts[box]) is var start && start == 0)
        {
            start = Locate(slice).Offset + 1;
            Volatile.Write(ref starts[box], start);
        }
        return new BoxPayload(_files[slice.File].Source, start - 1, slice.Strides);
    }

    public BoxPayload LocateReplica(int replica) => Locate(_assembly.ReplicaSlices[replica]);

    public TorchFile OpenObject(string name)
    {
        if (!_objects.TryGetValue(name, out var item)) { throw new KeyNotFoundException($"no object {name}"); }
        return item.Key is null ? _files[item.Rank].OpenBeside(_folder.Ranks[item.Rank].Optimizer!.Value) : _files[item.Rank].Read();
    }

    /// <summary>As <see cref="IMegatronReader.ReadObject"/>: the entry of a rank's dict, or all of its optimizer's file.</summary>
    public PickleNode ReadObject(string name)
    {
        var file = OpenObject(name);
        return _objects[name].Key is { } key ? ((PickleDict)file.Root).Find(key) ?? PickleNone.Instance : file.Root;
    }

    public JsonObject Describe()
    {
        var sizes = Layout.Grid.Sizes;
        return new JsonObject
        {
            ["format"] = Format,
            ["folder"] = Path,
            ["iteration"] = Iteration,
            ["release"] = IsRelease,
            ["ranks"] = _folder.Ranks.Count,
            ["tensor_model_parallel_size"] = sizes.Tensor,
            ["pipeline_model_parallel_size"] = sizes.Pipeline,
            ["virtual_pipeline_model_parallel_size"] = Layout.Stages.Chunks,
            ["expert_model_parallel_size"] = sizes.Expert,
            ["expert_tensor_parallel_size"] = sizes.ExpertTensorSize,
            ["experts_over_tensor_ranks"] = sizes.ExpertsOverTensor,
            ["layers_of_stages"] = new JsonArray([.. Layout.Stages.Parts.Select(static part => (JsonNode)part.Layers.Count)]),
            ["replicas"] = Replicas.Count,
            ["left_out"] = _assembly.LeftOut,
            ["common"] = PickleJson.Say(_files[0].State.Shared),
        };
    }

    public void Dispose()
    {
        foreach (var file in _files) { file.Dispose(); }
    }

    void AddObject(List<ObjectInfo> objects, string name, int rank, string? key, int file, long length)
    {
        _objects.Add(name, (rank, key));
        objects.Add(new ObjectInfo(name, file, 0, length));
    }

    BoxPayload Locate(LegacySlice slice)
    {
        var payload = _files[slice.File].Locate(slice.Stored);
        return new BoxPayload(payload.Source, payload.Offset + (slice.Offset * slice.Stored.DType.ByteSize()), slice.Strides);
    }
}
