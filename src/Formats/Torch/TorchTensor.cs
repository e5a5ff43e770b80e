using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.Torch;

/// <summary>A tensor as a torch pickle describes it: a strided view of a storage. Source: torch/_utils.py _rebuild_tensor_v2 and kin.</summary>
/// <param name="DType">Of the elements.</param>
/// <param name="Shape">Of the view.</param>
/// <param name="Strides">In elements; not negative.</param>
/// <param name="StorageKey">Names the record <c>data/KEY</c> of the archive.</param>
/// <param name="StorageOffset">Elements before the first one.</param>
/// <param name="StorageBytes">Bytes of the storage; the view lies inside them.</param>
/// <param name="RequiresGrad">Kept, and without meaning here.</param>
public sealed record TorchTensor(
    DType DType, Shape Shape, IReadOnlyList<long> Strides, string StorageKey, long StorageOffset, long StorageBytes, bool RequiresGrad)
{
    const int Unwrapping = 8;

    /// <summary>Whether a node is a tensor, a parameter or a subclass of tensor around one.</summary>
    public static bool IsTensor(PickleNode node) => TryUnwrap(node, out _);

    /// <summary>Reads a node that <see cref="IsTensor"/>.</summary>
    /// <param name="node">The node.</param>
    /// <param name="where">The file, for messages.</param>
    /// <exception cref="CheckpointException">It is no tensor, or breaks a clause of spec/torch.md part 5.</exception>
    public static TorchTensor Read(PickleNode node, string where)
    {
        if (!TryUnwrap(node, out var tensor)) { Throw.NoTensor(where, node); }
        return new TorchTensorParser(where).Parse(tensor);
    }

    /// <summary>
    /// A node for a contiguous tensor alone in its storage. Nodes that torch writes once and refers to afterwards come from <paramref name="names"/>.
    /// </summary>
    /// <exception cref="UnsupportedCheckpointException">torch.save has no storage for the element type.</exception>
    public static PickleNode Node(DType dtype, Shape shape, string storageKey, TorchNames names)
    {
        if (!TorchStorages.CanHold(dtype)) { Throw.NoStorage(dtype); }
        var typed = TorchStorages.ClassOf(dtype);
        var storage = new PickleTuple([
            names.Storage,
            typed is null ? new PickleGlobal("torch.storage", "UntypedStorage") : new PickleGlobal("torch", typed),
            new PickleString(storageKey),
            names.Cpu,
            new PickleInt(typed is null ? dtype.ByteLength(shape.Count) : shape.Count),
        ]);
        var hooks = new PickleObject(PickleConstruction.Reduce, new PickleGlobal("collections", "OrderedDict"), PickleTuple.Empty);
        List<PickleNode> args = [new PicklePersistentId(storage), new PickleInt(0), Ints(shape.Dims), Ints(shape.RowMajorStrides()), new PickleBool(false), hooks];
        if (typed is null) { args.Add(new PickleGlobal("torch", dtype.TorchName()!)); }
        return new PickleObject(PickleConstruction.Reduce,
            new PickleGlobal("torch._utils", typed is null ? "_rebuild_tensor_v3" : "_rebuild_tensor_v2"), new PickleTuple(args));
    }

    static PickleTuple Ints(ReadOnlySpan<long> values)
    {
        if (values.Length == 0) { return PickleTuple.Empty; }
        var ints = new PickleNode[values.Length];
        for (var i = 0; i < ints.Length; i++) { ints[i] = new PickleInt(values[i]); }
        return new PickleTuple(ints);
    }

    static bool TryUnwrap(PickleNode node, [NotNullWhen(true)] out PickleObject? tensor)
    {
        tensor = null;
        for (var layer = 0; layer < Unwrapping; layer++)
        {
            if (node is not PickleObject { Construction: PickleConstruction.Reduce, Args: PickleTuple args } made) { return false; }
            switch (made.ClassName)
            {
                case "torch._utils._rebuild_tensor_v2" or "torch._utils._rebuild_tensor_v3" or "torch._utils._rebuild_tensor":
                    tensor = made;
                    return true;
                case "torch._utils._rebuild_parameter" or "torch._utils._rebuild_parameter_with_state" when args.Items.Count > 0:
                    node = args.Items[0];
                    break;
                // (function, type, its arguments, state): the call with those arguments is the tensor.
                case "torch._tensor._rebuild_from_type_v2" when args.Items.Count > 2:
                    node = new PickleObject(PickleConstruction.Reduce, args.Items[0], args.Items[2]);
                    break;
                default: return false;
            }
        }
        return false;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void NoTensor(string where, PickleNode node) => throw new MalformedCheckpointException(
            "TOR-5.1", where, $"{PickleThrow.Kind(node)} where a tensor belongs");

        [DoesNotReturn]
        internal static void NoStorage(DType dtype) => throw new UnsupportedCheckpointException(
            "TOR-5.2", "torch.save", $"{dtype.DisplayName()} has no storage that is written");
    }
}
