using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Quantised;

namespace Ckpt.Models.Quantisation;

/// <summary>Finds what compressed-tensors stores: packed integers, 8-bit codes, packed 4-bit floats, each with scales by the strategy of its group.</summary>
static class CompressedTensors
{
    const string Packed = "_packed";

    internal static List<QuantisedTensor> Find(QuantConfig config, TensorsByName tensors)
    {
        var found = new List<QuantisedTensor>();
        var groups = config.Groups.Select(static g => (g, new ModulePatterns(g.Targets))).ToList();
        foreach (var tensor in tensors.All)
        {
            if (tensor.Name.EndsWith(".weight" + Packed, StringComparison.Ordinal))
            {
                var name = tensor.Name[..^Packed.Length];
                found.Add(OfPacked(config, GroupOf(groups, config, name, tensor), name, TensorsByName.Matrix(tensor), tensors));
            }
            else if (tensor.DType is DType.F8E4M3 or DType.I8 && tensor.Name.EndsWith(".weight", StringComparison.Ordinal))
            {
                found.Add(OfCodes(config, GroupOf(groups, config, tensor.Name, tensor), TensorsByName.Matrix(tensor), tensors));
            }
        }
        return found;
    }

    static QuantisedTensor OfCodes(QuantConfig config, QuantGroup group, TensorInfo codes, TensorsByName tensors)
    {
        if (group.Format is "pack-quantized" or "nvfp4-pack-quantized" or "mxfp4-pack-quantized" || group.IsFloat != (codes.DType == DType.F8E4M3)) { Throw.Format(config, group, codes); }
        var scale = TensorsByName.Typed(tensors.Get(codes.Name + "_scale", codes), DType.F32, DType.BF16, DType.F16, DType.F8E8M0);
        var table = group.IsFloat ? CodeTable.Float8(codes.DType) : CodeTable.Int8;
        return Complete(config, group, new QuantisedTensor(codes.Name, codes.Shape, codes, table, codes.Shape.Dims[^1], scale, default), tensors);
    }

    static QuantisedTensor OfPacked(QuantConfig config, QuantGroup group, string name, TensorInfo codes, TensorsByName tensors)
    {
        var scale = tensors.Get(name + "_scale", codes);
        if (group.Format == "pack-quantized" && !group.IsFloat)
        {
            TensorsByName.Typed(codes, DType.I32);
            TensorsByName.Typed(scale, DType.F32, DType.BF16, DType.F16);
            var shape = StoredShape(TensorsByName.Typed(tensors.Get(name + "_shape", codes), DType.I64, DType.I32), codes, 32 / group.Bits, tensors.Reader);
            var table = group.Bits == 4 ? CodeTable.PackedInt4 : CodeTable.PackedInt8;
            return Complete(config, group, new QuantisedTensor(name, shape, codes, table, codes.Shape.Dims[^1] * 4, scale, default), tensors);
        }
        if (group.Format is not ("nvfp4-pack-quantized" or "mxfp4-pack-quantized") || !group.IsFloat || group.Bits != 4) { Throw.Format(config, group, codes); }
        TensorsByName.Typed(codes, DType.U8);
        var dims = codes.Shape.ToArray();
        dims[^1] = dims[^1] * 2;
        var float4 = new QuantisedTensor(name, new Shape(dims), codes, CodeTable.Float4, codes.Shape.Dims[^1], scale, default);
        if (group.Format == "mxfp4-pack-quantized")
        {
            TensorsByName.Typed(scale, DType.U8, DType.F8E8M0);
            return Complete(config, group, float4, tensors);
        }
        TensorsByName.Typed(scale, DType.F8E4M3);
        var global = TensorsByName.Typed(tensors.Get(name + "_global_scale", codes), DType.F32);
        if (global.Shape.Count != 1) { Throw.Global(global); }
        return Complete(config, group, float4 with { GlobalScale = global }, tensors);
    }

    /// <summary>Adds the grid that the strategy says and the scales fit, and the zero points.</summary>
    static QuantisedTensor Complete(QuantConfig config, QuantGroup group, QuantisedTensor tensor, TensorsByName tensors)
    {
        if (group.IsReordered) { Throw.Reordered(group, tensor); }
        var (shape, scale, codes) = (tensor.Shape, tensor.Scale, tensor.Codes);
        var grid = group.Strategy switch
        {
            "tensor" => TensorsByName.Grid(config, codes, shape, scale, Float8Tensors.Singles(shape)),
            "channel" => TensorsByName.Grid(config, codes, shape, scale, Float8Tensors.Rows(shape, keepAxis: true), Float8Tensors.Rows(shape, keepAxis: false)),
            _ => TensorsByName.Grid(config, codes, shape, scale, Float8Tensors.Blocks(shape, group.BlockRows, group.BlockColumns)),
        };
        tensor = tensor with { Grid = grid };
        var zero = tensors.Find(tensor.Name + "_zero_point");
        if (zero is null) { return group.IsSymmetric ? tensor : Throw.NoZeroPoint(group, tensor); }
        if (group.IsFloat)
        {
            // Old writers leave the zeros of symmetric codes behind.
            if (!group.IsSymmetric) { Throw.FloatZeroPoint(zero); }
            return tensor;
        }
        if (zero.DType == DType.I8)
        {
            return zero.Shape.Count == grid.ScaleCount ? tensor with { ZeroPoint = zero } : Throw.ZeroPointShape(zero, scale.Shape);
        }
        TensorsByName.Typed(zero, DType.I32);
        var packed = new Shape(BlockGrid.ScaleShape(new Shape(grid.ScaleRows), 1, 32 / group.Bits)[0], grid.ScaleColumns);
        return zero.Shape == packed && grid.Matrices == 1 ? tensor with { ZeroPoint = zero, ZeroPointBits = group.Bits } : Throw.ZeroPointShape(zero, packed);
    }

    /// <summary>QNT-1.6: the shape that is stored as two numbers, which the words must be able to hold and not exceed.</summary>
    static Shape StoredShape(TensorInfo shape, TensorInfo codes, int perWord, ICheckpointReader reader)
    {
        if (shape.Shape != new Shape(2) || codes.Shape.Rank != 2) { Throw.ShapeOfShape(shape, codes); }
        var size = shape.DType.ByteSize();
        Span<byte> bytes = stackalloc byte[16];
        new TensorBytes(reader, shape).ReadExactly(0, bytes[..(2 * size)]);
        var (rows, columns) = size == 8
            ? (BinaryPrimitives.ReadInt64LittleEndian(bytes), BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]))
            : (BinaryPrimitives.ReadInt32LittleEndian(bytes), BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]));
        if (rows != codes.Shape[0] || columns < 0 || (columns / perWord) + (columns % perWord == 0 ? 0 : 1) != codes.Shape[1]) { Throw.StoredShape(shape, rows, columns, codes, perWord); }
        return new Shape(rows, columns);
    }

    /// <summary>The group of a module: by its name or a pattern, else one that names classes.</summary>
    static QuantGroup GroupOf(List<(QuantGroup Group, ModulePatterns Targets)> groups, QuantConfig config, string weight, TensorInfo codes)
    {
        var module = ModulePatterns.ModuleOf(weight);
        foreach (var (group, targets) in groups)
        {
            if (targets.Find(module) is not null) { return group; }
        }
        return config.Groups.FirstOrDefault(static g => g.Targets.Any(static t => t.Length > 0 && char.IsAsciiLetterUpper(t[0])))
            ?? Throw.NoGroup(config, codes);
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static QuantGroup NoGroup(QuantConfig config, TensorInfo codes) => throw new MalformedCheckpointException(
            "QNT-1.3", config.Where, $"config_groups name no module for tensor {codes.Name}, which is quantised");

        [DoesNotReturn]
        internal static void Format(QuantConfig config, QuantGroup group, TensorInfo codes) => throw new MalformedCheckpointException(
            "QNT-1.3", config.Where, $"{group.Name} says {group.Format} of {group.Bits} bits, type {(group.IsFloat ? "float" : "int")}, but tensor {codes.Name} is of type {codes.DType.DisplayName()}");

        [DoesNotReturn]
        internal static void Global(TensorInfo global) => throw new MalformedCheckpointException(
            "QNT-1.5", global.Name, $"is of shape {global.Shape}; allowed is one number");

        [DoesNotReturn]
        internal static void Reordered(QuantGroup group, QuantisedTensor tensor) => throw new UnsupportedCheckpointException(
            "QNT-1.2", tensor.Codes.Name, $"{group.Name} says actorder group: columns belong to groups in an order of their own, which is not read. Save the model with actorder weight or none");

        [DoesNotReturn]
        internal static QuantisedTensor NoZeroPoint(QuantGroup group, QuantisedTensor tensor) => throw new MalformedCheckpointException(
            "QNT-1.4", tensor.Codes.Name, $"{group.Name} says that it is not symmetric, but its {tensor.Name}_zero_point is missing");

        [DoesNotReturn]
        internal static void FloatZeroPoint(TensorInfo zero) => throw new UnsupportedCheckpointException(
            "QNT-1.2", zero.Name, "zero points of floating-point codes are not read");

        [DoesNotReturn]
        internal static QuantisedTensor ZeroPointShape(TensorInfo zero, Shape allowed) => throw new MalformedCheckpointException(
            "QNT-1.5", zero.Name, $"is of shape {zero.Shape}, allowed is {allowed}");

        [DoesNotReturn]
        internal static void ShapeOfShape(TensorInfo shape, TensorInfo codes) => throw new MalformedCheckpointException(
            "QNT-1.6", shape.Name, $"is of shape {shape.Shape}, and {codes.Name} of {codes.Shape}; allowed are two numbers for two axes");

        [DoesNotReturn]
        internal static void StoredShape(TensorInfo shape, long rows, long columns, TensorInfo codes, int perWord) => throw new MalformedCheckpointException(
            "QNT-1.6", shape.Name, $"says [{rows}, {columns}], which {codes.Name} of shape {codes.Shape} with {perWord} codes a word does not hold");
    }
}
