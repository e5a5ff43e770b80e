using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Elements;
using Ckpt.Sharding.Quantised;

namespace Ckpt.Models.Quantisation;

/// <summary>Finds 8-bit floats with scales beside them, and the packed 4-bit experts that DeepSeek V4 has among them.</summary>
static class Float8Tensors
{
    const int PackedGroup = 32;

    internal static List<QuantisedTensor> Find(QuantConfig config, TensorsByName tensors)
    {
        var found = new List<QuantisedTensor>();
        foreach (var tensor in tensors.All)
        {
            if (Float8.IsKnown(tensor.DType))
            {
                var scale = ScaleOf(tensor, tensors) ?? tensors.Get(tensor.Name + QuantViews.ScaleSuffix, tensor);
                found.Add(Scaled(config, TensorsByName.Matrix(tensor), scale));
            }
            else if (tensor.DType == DType.I8 && ScaleOf(tensor, tensors) is { DType: DType.F8E8M0 or DType.U8 } powers) { found.Add(Packed(config, TensorsByName.Matrix(tensor), powers)); }
        }
        return found;
    }

    static TensorInfo? ScaleOf(TensorInfo tensor, TensorsByName tensors) =>
        tensors.Find(tensor.Name + QuantViews.ScaleSuffix)
        ?? tensors.Find(tensor.Name + "_scale")
        // DeepSeek V4: module.scale beside module.weight.
        ?? (tensor.Name.EndsWith(".weight", StringComparison.Ordinal) ? tensors.Find(tensor.Name[..^"weight".Length] + "scale") : null);

    static QuantisedTensor Scaled(QuantConfig config, TensorInfo tensor, TensorInfo scale)
    {
        if (config.HasPowerOfTwoScales) { TensorsByName.Typed(scale, DType.F8E8M0, DType.U8, DType.F32, DType.BF16); }
        else { TensorsByName.Typed(scale, DType.F32, DType.BF16, DType.F16, DType.F8E8M0); }
        if (config.CodeFormat is { } format && (format == "e4m3") != (tensor.DType is DType.F8E4M3 or DType.F8E4M3Fnuz)) { TensorsByName.Typed(tensor, format == "e4m3" ? DType.F8E4M3 : DType.F8E5M2); }
        var shape = tensor.Shape;
        var grid = config switch
        {
            { Method: QuantMethod.RowFloat8 } => TensorsByName.Grid(config, tensor, shape, scale, Rows(shape, keepAxis: true), Rows(shape, keepAxis: false)),
            { Block: { } block } => TensorsByName.Grid(config, tensor, shape, scale, Blocks(shape, block.Rows, block.Columns)),
            // A config that says nothing: transformers takes 128 by 128, AutoFP8 and vLLM one scale a tensor. The shape tells which.
            { SaysBlock: false } when scale.Shape.Count != 1 => TensorsByName.Grid(config, tensor, shape, scale, Blocks(shape, 128, 128)),
            _ => TensorsByName.Grid(config, tensor, shape, scale, [.. Singles(shape), Rows(shape, keepAxis: true)]),
        };
        return new QuantisedTensor(tensor.Name, shape, tensor, CodeTable.Float8(tensor.DType), shape.Dims[^1], scale, grid) { HasPowersOfTwo = config.HasPowerOfTwoScales };
    }

    static QuantisedTensor Packed(QuantConfig config, TensorInfo tensor, TensorInfo scale)
    {
        var dims = tensor.Shape.ToArray();
        dims[^1] = dims[^1] * 2;
        var shape = new Shape(dims);
        var grid = TensorsByName.Grid(config, tensor, shape, scale, Blocks(shape, 1, PackedGroup));
        return new QuantisedTensor(tensor.Name, shape, tensor, CodeTable.Float4, tensor.Shape.Dims[^1], scale, grid);
    }

    internal static (BlockGrid Grid, Shape ScaleShape) Blocks(Shape shape, long rows, long columns) =>
        (BlockGrid.Of(shape, rows, columns), BlockGrid.ScaleShape(shape, rows, columns));

    /// <summary>One scale a row: [.., rows, 1] or [.., rows].</summary>
    internal static (BlockGrid Grid, Shape ScaleShape) Rows(Shape shape, bool keepAxis)
    {
        var blocks = Blocks(shape, 1, Math.Max(1, shape.Dims[^1]));
        return keepAxis ? blocks : (blocks.Grid, new Shape(shape.Dims[..^1].ToArray()));
    }

    /// <summary>One scale a tensor: [], [1] or [1, 1]; of fused experts also one for each.</summary>
    internal static (BlockGrid Grid, Shape ScaleShape)[] Singles(Shape shape)
    {
        var single = BlockGrid.Single(shape);
        var each = BlockGrid.Of(shape, Math.Max(1, shape.Dims[^2]), Math.Max(1, shape.Dims[^1]));
        var leading = shape.Dims[..^2].ToArray();
        return [(single, new Shape()), (single, new Shape(1)), (single, new Shape(1, 1)), (each, new Shape(leading)), (each, new Shape([.. leading, 1, 1]))];
    }
}
