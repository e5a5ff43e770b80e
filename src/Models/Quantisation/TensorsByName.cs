using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Quantised;

namespace Ckpt.Models.Quantisation;

/// <summary>The tensors of a checkpoint by name, and the checks that tensors which belong together have to pass (QNT-1.4, QNT-1.5).</summary>
sealed class TensorsByName
{
    const long MostElements = 1L << 56;

    readonly Dictionary<string, TensorInfo> _byName = new(StringComparer.Ordinal);

    internal TensorsByName(ICheckpointReader reader)
    {
        Reader = reader;
        foreach (var tensor in reader.Tensors) { _byName[tensor.Name] = tensor; }
    }

    internal ICheckpointReader Reader { get; }

    internal IReadOnlyList<TensorInfo> All => Reader.Tensors;

    internal TensorInfo? Find(string name) => _byName.GetValueOrDefault(name);

    internal TensorInfo Get(string name, TensorInfo of) => Find(name) ?? Throw.Missing(name, of);

    /// <summary>A tensor of one of these types.</summary>
    internal static TensorInfo Typed(TensorInfo tensor, params ReadOnlySpan<DType> types)
    {
        if (!types.Contains(tensor.DType)) { Throw.Type(tensor, types); }
        return tensor;
    }

    /// <summary>A tensor of two axes or more, of so many elements that no size made from its own overflows.</summary>
    internal static TensorInfo Matrix(TensorInfo tensor)
    {
        UInt128 count = 1;
        foreach (var dim in tensor.Shape.Dims) { count = UInt128.Min(count * (ulong)dim, (UInt128)MostElements + 1); }
        if (tensor.Shape.Rank < 2 || count == 0 || count > MostElements) { Throw.Matrix(tensor); }
        return tensor;
    }

    /// <summary>The grid that the shape of the scales fits, or the error that says which would fit.</summary>
    internal static BlockGrid Grid(QuantConfig config, TensorInfo codes, Shape shape, TensorInfo scale, params ReadOnlySpan<(BlockGrid Grid, Shape ScaleShape)> allowed)
    {
        foreach (var (grid, scaleShape) in allowed)
        {
            if (scale.Shape == scaleShape) { return grid; }
        }
        Throw.ScaleShape(config, codes, shape, scale, allowed);
        return default;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static TensorInfo Missing(string name, TensorInfo of) => throw new MalformedCheckpointException(
            "QNT-1.4", of.Name, $"is quantised, but its {name} is missing");

        [DoesNotReturn]
        internal static void Type(TensorInfo tensor, ReadOnlySpan<DType> types) => throw new MalformedCheckpointException(
            "QNT-1.4", tensor.Name, $"is of type {tensor.DType.DisplayName()}, allowed is {string.Join(", ", types.ToArray().Select(static t => t.DisplayName()))}");

        [DoesNotReturn]
        internal static void Matrix(TensorInfo tensor) => throw new MalformedCheckpointException(
            "QNT-1.5", tensor.Name, $"is quantised and of shape {tensor.Shape}; allowed are two axes or more, and 1 to 2^56 elements");

        [DoesNotReturn]
        internal static void ScaleShape(QuantConfig config, TensorInfo codes, Shape shape, TensorInfo scale, ReadOnlySpan<(BlockGrid Grid, Shape ScaleShape)> allowed)
        {
            var shapes = allowed.ToArray().Select(static a => a.ScaleShape.ToString()).Distinct();
            throw new MalformedCheckpointException(
                "QNT-1.5", scale.Name, $"is of shape {scale.Shape}; for {codes.Name}, which stands for {shape}, {config.Where} ({config.MethodName}) allows {string.Join(" or ", shapes)}");
        }
    }
}
