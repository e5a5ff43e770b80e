using System.Text.Json.Nodes;
using Ckpt.Formats.IO;
using Ckpt.Formats.Megatron;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;

namespace Ckpt.Kit;

/// <summary>A Megatron checkpoint in memory: tensors as a test wants them, objects as torch.save streams, a common state.</summary>
public sealed class MemoryMegatron : IMegatronReader
{
    readonly Dictionary<string, byte[]> _objects = new(StringComparer.Ordinal);
    readonly List<ObjectInfo> _listed = [];

    /// <summary>The tensors.</summary>
    public MemoryCheckpoint Inner { get; } = new();

    public string Format { get; init; } = "torch_dist";

    public string Path => Inner.Path;

    public IReadOnlyList<FileEntry> Files => Inner.Files;

    public IReadOnlyList<TensorInfo> Tensors => Inner.Tensors;

    public IReadOnlyList<ObjectInfo> Objects => _listed;

    public long? Iteration => 1;

    public bool IsRelease => false;

    public PickleDict? Common { get; init; } = new PickleDict();

    public IReadOnlyList<ReadOnlyMemory<byte>> CommonStorages { get; init; } = [];

    /// <summary>Of flattened tensors.</summary>
    public Dictionary<string, Shape> Shapes { get; } = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, Shape> OriginalShapes => Shapes;

    /// <summary>Adds an object, the only element of a list.</summary>
    public MemoryMegatron Add(string name, PickleNode value, IReadOnlyList<ReadOnlyMemory<byte>>? storages = null)
    {
        var list = new PickleList();
        list.Items.Add(value);
        _objects.Add(name, TorchSave.ToBytes(list, "archive", storages));
        _listed.Add(new ObjectInfo(name, 0, 0, _objects[name].Length));
        return this;
    }

    /// <summary>An <c>argparse.Namespace</c> of these.</summary>
    public static PickleObject Args(params IReadOnlyList<(string Name, PickleNode Value)> attributes)
    {
        var dict = new PickleDict();
        foreach (var (name, value) in attributes) { dict.Add(name, value); }
        var args = new PickleObject(PickleConstruction.NewObject, new PickleGlobal("argparse", "Namespace"), PickleTuple.Empty);
        args.States.Add(dict);
        return args;
    }

    public TorchFile OpenObject(string name) => TorchFile.Open(new MemoryByteSource(name, _objects[name]));

    public PickleNode ReadObject(string name) => ((PickleList)OpenObject(name).Root).Items[0];

    public JsonObject Describe() => [];

    public BoxPayload Locate(TensorInfo tensor, int box) => Inner.Locate(tensor, box);

    public void Dispose() => Inner.Dispose();
}
