using System.Text.Json.Nodes;
using Ckpt.Formats;
using Ckpt.Formats.IO;
using Ckpt.Formats.Megatron;
using Ckpt.Formats.Opening;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Formats.TorchDist;
using Ckpt.Sharding.Views;

namespace Ckpt.Models.Megatron.Dcp;

/// <summary>
/// Reads a model of Megatron that torch.distributed.checkpoint saved as a nested dict (<c>--ckpt-format torch_dcp</c>, or <c>fsdp_dtensor</c> of
/// Megatron-FSDP), under the names of Megatron's own checkpoints. Opening reads the index.
/// </summary>
public sealed class MegatronDcpReader : IMegatronReader
{
    readonly TorchDistReader _inner;
    readonly Dictionary<string, TensorView> _views = new(StringComparer.Ordinal);
    readonly DcpState _state;
    readonly Lazy<(PickleDict Common, IReadOnlyList<ReadOnlyMemory<byte>> Storages)> _common;

    MegatronDcpReader(TorchDistReader inner, bool isFsdp)
    {
        _inner = inner;
        Format = isFsdp ? FormatNames.FsdpDtensor : FormatNames.TorchDcp;
        var assembly = DcpAssembly.Of(inner, DcpNumbered.Find(inner));
        _state = DcpState.Of(inner, assembly);
        var tensors = new List<TensorInfo>(assembly.Views.Count + _state.Kept.Count);
        foreach (var view in assembly.Views)
        {
            _views.Add(view.Info.Name, view);
            tensors.Add(view.Info);
        }
        tensors.AddRange(_state.Kept);
        Tensors = tensors;
        Objects = [.. _state.RngObjects.Select(static item => item.First)];
        _common = new(_state.ReadCommon);
    }

    public string Format { get; }

    public string Path => _inner.Path;

    public long? Iteration => _inner.Iteration;

    public bool IsRelease => _inner.IsRelease;

    public IReadOnlyList<FileEntry> Files => _inner.Files;

    public IReadOnlyList<TensorInfo> Tensors { get; }

    /// <summary>The states of random number generators, by the ranks they are of.</summary>
    public IReadOnlyList<ObjectInfo> Objects { get; }

    /// <summary>All values that are of neither model, optimizer state nor random number generators, nested as they were saved.</summary>
    public PickleDict? Common => _common.Value.Common;

    public IReadOnlyList<ReadOnlyMemory<byte>> CommonStorages => _common.Value.Storages;

    public IReadOnlyDictionary<string, Shape> OriginalShapes => _inner.OriginalShapes;

    public ReadingCost ReadingCost => ((ICheckpointReader)_inner).ReadingCost;

    /// <summary>Opens a folder; where it holds no model of Megatron, as what it is.</summary>
    /// <exception cref="CheckpointException">It breaks a clause of spec/torch-dist.md.</exception>
    public static ICheckpointReader Open(string path)
    {
        var inner = TorchDistReader.Open(path);
        try
        {
            var names = inner.Tensors.Select(static tensor => tensor.Name);
            if (!DcpAssembly.IsMegatron(names)) { return inner; }
            if (inner.Replicas.Count > 0) { throw new UnsupportedCheckpointException("TDC-1.6", inner.Path, "holds a model of Megatron's that every process saved for itself; read are those saved together"); }
            return new MegatronDcpReader(inner, inner.Backend == FormatNames.FsdpDtensor || DcpAssembly.IsFsdp(names.Concat(inner.Objects.Select(static item => item.Name))));
        }
        catch
        {
            inner.Dispose();
            throw;
        }
    }

    public BoxPayload Locate(TensorInfo tensor, int box) =>
        _views.TryGetValue(tensor.Name, out var view) && ReferenceEquals(view.Info, tensor) ? view.Locate(box) : _inner.Locate(tensor, box);

    public PickleNode ReadObject(string name) => _state.ReadRng(Number(name)).Value;

    public TorchFile OpenObject(string name)
    {
        var (value, storages) = _state.ReadRng(Number(name));
        return TorchFile.Open(new MemoryByteSource(name, TorchSave.ToBytes(value, "archive", storages)));
    }

    public JsonObject Describe()
    {
        var description = _inner.Describe();
        description["format"] = Format;
        description["tensors"] = Tensors.Count;
        description["objects"] = Objects.Count;
        description["stored_tensors"] = _inner.Tensors.Count;
        description["stored_objects"] = _inner.Objects.Count;
        description["left_out"] = _state.LeftOut.Count;
        description["common"] = PickleJson.Say(Common!);
        return description;
    }

    public void Dispose() => _inner.Dispose();

    int Number(string name)
    {
        for (var i = 0; i < Objects.Count; i++)
        {
            if (Objects[i].Name == name) { return i; }
        }
        throw new KeyNotFoundException($"no object {name}");
    }
}
