using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;

namespace Ckpt.Formats.TorchDist;

/// <summary>
/// Reads the nodes of a <c>.metadata</c> file of any version. Source: torch/distributed/checkpoint/metadata.py and filesystem.py,
/// Megatron-LM core/dist_checkpointing/strategies/torch.py.
/// </summary>
/// <param name="where">The file, for messages.</param>
/// <param name="isPart">Whether other files hold more chunks of the same tensors.</param>
readonly struct TorchDistMetadataParser(string where, bool isPart = false)
{
    /// <summary>Attribute of the root that only repeats what the others say, at many times their length.</summary>
    internal const string PlansAttribute = "all_local_plans";

    internal TorchDistMetadata Parse(PickleNode root)
    {
        if (root is not PickleObject { ClassName: { } name } made || Last(name) is not ("Metadata" or "MCoreMetadata"))
        {
            throw TorchDistMetadataFault.Root(where, root);
        }
        var attributes = Attributes(made, name);
        var entries = Dict(attributes, "state_dict_metadata");
        var storages = new TorchDistStorageParser(where).Parse(Dict(attributes, "storage_data"));

        var tensors = new List<TorchDistTensor>();
        var objects = new List<TorchDistObject>();
        var names = new HashSet<string>(entries.Items.Count);
        foreach (var (key, value) in entries.Items)
        {
            if (key is not PickleString { Value: var entry }) { throw TorchDistMetadataFault.Kind(where, "a key of state_dict_metadata", key); }
            if (!names.Add(entry)) { throw TorchDistMetadataFault.Twice(where, entry); }
            switch (Last((value as PickleObject)?.ClassName ?? ""))
            {
                case "TensorStorageMetadata": tensors.Add(Tensor(entry, (PickleObject)value, storages)); break;
                case "BytesStorageMetadata": objects.Add(new TorchDistObject(entry, Storage(entry, null, storages))); break;
                default: throw TorchDistMetadataFault.Entry(where, entry, value);
            }
        }
        foreach (var stored in storages.Names)
        {
            if (!names.Contains(stored)) { throw TorchDistMetadataFault.Unlisted(where, stored); }
        }
        return new TorchDistMetadata(
            name, (attributes.Find("version") as PickleString)?.Value, tensors, objects,
            PlannerPaths(attributes.Find("planner_data")), OriginalShapes(attributes.Find("mcore_data")), CheckpointId(attributes.Find("storage_meta")));
    }

    TorchDistTensor Tensor(string name, PickleObject made, TorchDistStorages storages)
    {
        var attributes = Attributes(made, name);
        var dtype = ElementType(name, attributes.Find("properties"));
        var dims = Size(name, "size", attributes.Find("size"));
        UInt128 bytes = (UInt128)dtype.ByteSize();
        // Empty axes count as one here, so that no product of any axes can pass 63 bits later.
        foreach (var dim in dims)
        {
            bytes *= (ulong)Math.Max(1, dim);
            if (bytes > long.MaxValue) { throw TorchDistMetadataFault.TooLarge(where, name, dims); }
        }
        if (attributes.Find("chunks") is not PickleList { Items: var listed }) { throw TorchDistMetadataFault.Kind(where, $"chunks of {name}", attributes.Find("chunks")); }

        var shape = new Shape(dims);
        var chunks = new List<Box>(listed.Count);
        var found = new List<TorchDistStorage>(listed.Count);
        foreach (var node in listed)
        {
            var box = Chunk(name, shape, node);
            // TDC-2.13: a rank with nothing to write lists a chunk of no elements, at a place that another chunk may have too.
            if (box.Volume == 0) { continue; }
            chunks.Add(box);
            found.Add(Storage(name, box, storages));
        }
        if (!isPart) { TorchDistMetadataFault.Check(BoxTiling.Check(shape, chunks), where, name, shape, chunks); }
        return new TorchDistTensor(name, dtype, shape, chunks.ToArray(), found.ToArray());
    }

    Box Chunk(string name, Shape shape, PickleNode node)
    {
        if (node is not PickleObject made || Last(made.ClassName ?? "") != "ChunkStorageMetadata") { throw TorchDistMetadataFault.Kind(where, $"a chunk of {name}", node); }
        var attributes = Attributes(made, name);
        var offset = Size(name, "chunk offset", attributes.Find("offsets"));
        var size = Size(name, "chunk size", attributes.Find("sizes"));
        var inside = offset.Length == shape.Rank && size.Length == shape.Rank;
        for (var axis = 0; inside && axis < size.Length; axis++) { inside = size[axis] <= shape[axis] && offset[axis] <= shape[axis] - size[axis]; }
        if (!inside) { throw TorchDistMetadataFault.Outside(where, name, shape, offset, size); }
        return new Box(offset, size);
    }

    TorchDistStorage Storage(string name, Box? box, TorchDistStorages storages) =>
        storages.TryFind(name, box?.Offset.ToArray(), out var storage) ? storage : throw TorchDistMetadataFault.NoStorage(where, name, box);

    DType ElementType(string name, PickleNode? properties)
    {
        // Written by __getstate__ as a tuple (dtype, layout, requires_grad, memory format, pin_memory), read by place: later versions may add to it.
        var state = (properties as PickleObject)?.States is [var first, ..] ? first : null;
        var named = state is PickleTuple { Items: [var inTuple, ..] } ? inTuple : (state as PickleDict)?.Find("dtype");
        if (named is not PickleGlobal { Module: "torch" } global) { throw TorchDistMetadataFault.Kind(where, $"dtype of {name}", named ?? properties); }
        if (!DTypes.TryParseTorch(global.Name, out var dtype) || !TorchStorages.CanHold(dtype)) { throw TorchDistMetadataFault.DType(where, name, global.FullName); }
        if (state is PickleTuple { Items: [_, PickleObject { Args: PickleTuple { Items: [PickleString layout, ..] } }, ..] } && layout.Value != "torch.strided")
        {
            throw TorchDistMetadataFault.DType(where, name, $"layout {layout.Value}");
        }
        return dtype;
    }

    static Dictionary<string, IReadOnlyList<TorchDistPathStep>>? PlannerPaths(PickleNode? node)
    {
        if (node is not PickleDict dict) { return null; }
        var paths = new Dictionary<string, IReadOnlyList<TorchDistPathStep>>(dict.Items.Count);
        foreach (var (key, value) in dict.Items)
        {
            if (key is not PickleString name || value is not PickleTuple path) { continue; }
            var steps = new List<TorchDistPathStep>(path.Items.Count);
            foreach (var step in path.Items)
            {
                if (step is PickleString text) { steps.Add(new(text.Value, 0)); }
                else if (step is PickleInt { Value: var place } && place >= 0 && place <= long.MaxValue) { steps.Add(new(null, (long)place)); }
            }
            paths[name.Value] = steps;
        }
        return paths;
    }

    Dictionary<string, Shape> OriginalShapes(PickleNode? node)
    {
        var shapes = new Dictionary<string, Shape>();
        foreach (var (key, value) in (node as PickleDict)?.Items ?? [])
        {
            if (key is PickleString name && value is PickleDict data && data.Find("nd_reformulated_orig_global_shape") is { } shape)
            {
                shapes[name.Value] = new Shape(Size(name.Value, "original shape", shape));
            }
        }
        return shapes;
    }

    static string? CheckpointId(PickleNode? storageMeta) => (storageMeta as PickleObject)?.Attributes?.Find("checkpoint_id") switch
    {
        PickleString text => text.Value,
        PickleObject { Args: PickleTuple parts } => TorchPath.Text(parts.Items),
        _ => null,
    };

    PickleDict Attributes(PickleObject made, string what) => made.Attributes ?? throw TorchDistMetadataFault.Kind(where, $"attributes of {what}", made);

    PickleDict Dict(PickleDict attributes, string name) =>
        attributes.Find(name) as PickleDict ?? throw TorchDistMetadataFault.Kind(where, name, attributes.Find(name));

    long[] Size(string name, string what, PickleNode? node) => TorchSize.TryRead(node) ?? throw TorchDistMetadataFault.Kind(where, $"{what} of {name}", node);

    internal static string Last(string className) => className[(className.LastIndexOf('.') + 1)..];
}
