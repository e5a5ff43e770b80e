using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.Torch;

/// <summary>The arguments of torch's rebuild functions, checked.</summary>
readonly struct TorchTensorParser(string where)
{
    internal TorchTensor Parse(PickleObject made)
    {
        var args = ((PickleTuple)made.Args).Items;
        var v3 = made.ClassName == "torch._utils._rebuild_tensor_v3";
        if (args.Count < (v3 ? 7 : 4)) { Throw.Arguments(where, $"{args.Count} arguments of {made.ClassName}"); }
        var (storageClass, key, count) = Storage(args[0]);
        var dtype = ElementType(storageClass, v3 ? args[6] : null);
        var offset = Long(args[1], "storage offset");
        var size = Longs(args[2], "size");
        var strides = Longs(args[3], "stride");
        if (size.Length != strides.Length) { Throw.Arguments(where, $"{size.Length} sizes and {strides.Length} strides"); }
        if (args.Count > (v3 ? 7 : 6)) { RefuseViews(args[^1]); }

        var bytes = storageClass == TorchStorages.Untyped ? count : Multiply(count, dtype.ByteSize());
        if (bytes > long.MaxValue) { Throw.Arguments(where, $"a storage of {count} elements"); }
        var shape = new Shape(size);
        CheckInside(dtype, size, strides, offset, (long)bytes, key);
        return new TorchTensor(dtype, shape, strides, key, offset, (long)bytes, args.Count > 4 && args[4] is PickleBool { Value: true });
    }

    (string Class, string Key, Int128 Count) Storage(PickleNode node)
    {
        if (node is not PicklePersistentId { Id: PickleTuple { Items: { Count: >= 5 } id } }
            || id[0] is not PickleString { Value: "storage" } || id[1] is not PickleGlobal type || id[2] is not PickleString key)
        {
            Throw.Arguments(where, $"{PickleThrow.Kind(node)} in place of a storage");
            return default;
        }
        return (type.FullName, key.Value, Long(id[4], "storage size"));
    }

    DType ElementType(string storageClass, PickleNode? named)
    {
        DType dtype;
        if (named is null)
        {
            if (!TorchStorages.TryDType(storageClass, out dtype)) { Throw.Storage(where, storageClass); }
            return dtype;
        }
        var name = named is PickleGlobal { Module: "torch" } global ? global.Name : null;
        if (name is null) { Throw.Arguments(where, $"{PickleThrow.Kind(named)} in place of a dtype"); }
        if (!DTypes.TryParseTorch(name!, out dtype) || !TorchStorages.CanHold(dtype)) { Throw.Storage(where, $"torch.{name}"); }
        if (storageClass != TorchStorages.Untyped) { Throw.Storage(where, storageClass); }
        return dtype;
    }

    /// <summary>A lazily conjugated or negated view holds other numbers than its storage does.</summary>
    void RefuseViews(PickleNode metadata)
    {
        if (metadata is not PickleDict flags) { return; }
        foreach (var (key, value) in flags.Items)
        {
            if (value is PickleBool { Value: true }) { Throw.View(where, key is PickleString text ? text.Value : "?"); }
        }
    }

    void CheckInside(DType dtype, long[] size, long[] strides, long offset, long storageBytes, string key)
    {
        if (size.Contains(0)) { return; }
        Int128 last = offset;
        UInt128 count = 1;
        for (var axis = 0; axis < size.Length; axis++)
        {
            last += Multiply(size[axis] - 1, strides[axis]);
            count *= (ulong)size[axis];
            // Either bound passed is decisive, and keeps what follows from overflowing.
            if (last > long.MaxValue || count > long.MaxValue) { Throw.Outside(where, key, size, storageBytes); }
        }
        if (Multiply(last + 1, dtype.ByteSize()) > storageBytes) { Throw.Outside(where, key, size, storageBytes); }
        if (count * (ulong)dtype.ByteSize() > long.MaxValue) { Throw.Outside(where, key, size, storageBytes); }
    }

    long[] Longs(PickleNode node, string what)
    {
        var values = TorchSize.TryRead(node);
        if (values is null) { Throw.Arguments(where, $"{PickleThrow.Kind(node)} in place of the {what}, or ints out of range"); }
        return values;
    }

    long Long(PickleNode node, string what)
    {
        if (node is not PickleInt { Value: var value }) { Throw.Arguments(where, $"{PickleThrow.Kind(node)} in the {what}"); return 0; }
        if (value < 0 || value > long.MaxValue) { Throw.Arguments(where, $"{what} {value.ToString("E3", CultureInfo.InvariantCulture)}"); }
        return (long)value;
    }

    static Int128 Multiply(Int128 a, Int128 b) => a * b;

    static class Throw
    {
        [DoesNotReturn]
        internal static void Arguments(string where, string found) => throw new MalformedCheckpointException(
            "TOR-5.3", where, $"a tensor is described by {found}");

        [DoesNotReturn]
        internal static void Storage(string where, string name) => throw new UnsupportedCheckpointException(
            "TOR-5.2", where, $"elements of {name} are not read");

        [DoesNotReturn]
        internal static void View(string where, string flag) => throw new UnsupportedCheckpointException(
            "TOR-5.6", where, $"a tensor is a view of its storage with the flag {flag}");

        [DoesNotReturn]
        internal static void Outside(string where, string key, long[] size, long storageBytes) => throw new MalformedCheckpointException(
            "TOR-5.4", where, $"a tensor of size {new Shape(size)} reaches past storage {key} of {storageBytes} bytes");
    }
}
