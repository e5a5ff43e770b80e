using System.Buffers;
using Ckpt.Inference.Descriptions;
using Ckpt.Inference.Kernels;
using Ckpt.Inference.Weights;

namespace Ckpt.Inference.Running;

/// <summary>What all steps of one pass share: weights, rows, threads, and the size of tiles.</summary>
sealed class PassContext(ForwardModel model, IWeightSource weights, IReadOnlyList<SequenceRows> sequences, int threads, int tileValues)
{
    readonly Dictionary<RotaryKind, RotaryAngles> _angles = [];

    internal ForwardModel Model => model;

    internal IWeightSource Weights => weights;

    internal IReadOnlyList<SequenceRows> Sequences => sequences;

    internal ParallelOptions Parallelism { get; } = new() { MaxDegreeOfParallelism = Math.Max(1, threads) };

    internal RotaryAngles Angles(RotaryKind kind)
    {
        if (!_angles.TryGetValue(kind, out var angles)) { _angles.Add(kind, angles = new RotaryAngles(kind, sequences, model.Where)); }
        return angles;
    }

    /// <summary>Rows times a matrix, plus its bias.</summary>
    internal RowMatrix Multiply(WeightMatrix matrix, RowMatrix inputs)
    {
        var outputs = new RowMatrix(inputs.Count, matrix.Rows);
        weights.Check(matrix);
        var bias = weights.ReadBias(matrix);
        var room = Math.Max(1, tileValues / matrix.Columns);
        // Tiles of whole fours, and so many that every thread has some.
        var share = Math.Max(4, (matrix.Rows + (4 * Parallelism.MaxDegreeOfParallelism) - 1) / (4 * Parallelism.MaxDegreeOfParallelism) / 4 * 4);
        var size = Math.Min(room >= 4 ? room / 4 * 4 : room, share);
        Parallel.For(0, (matrix.Rows + size - 1) / size, Parallelism, number =>
        {
            var first = number * size;
            var count = Math.Min(size, matrix.Rows - first);
            var tile = ArrayPool<float>.Shared.Rent(count * matrix.Columns);
            var values = tile.AsSpan(0, count * matrix.Columns);
            weights.ReadRows(matrix, first, count, values);
            DotBlocks.Multiply(values, count, inputs.Values, inputs.Count, matrix.Columns, outputs.Values.AsSpan(first), matrix.Rows);
            ArrayPool<float>.Shared.Return(tile);
        });
        if (bias is not null)
        {
            for (var row = 0; row < outputs.Count; row++) { Lanes.AddScaled(outputs[row], bias, 1); }
        }
        return outputs;
    }

    /// <summary>A norm's weights, as values are multiplied by them.</summary>
    internal float[] NormWeights(string name, int width)
    {
        var values = weights.ReadVector(name, width);
        if (model.AreNormsCentred)
        {
            for (var i = 0; i < values.Length; i++) { values[i]++; }
        }
        return values;
    }

    /// <summary>Normalises rows in place.</summary>
    internal void Normalise(string name, RowMatrix rows)
    {
        if (model.AreLayerNorms) { Norms.Layer(rows.Values, NormWeights(name, rows.Width), weights.ReadVector(BiasOf(name), rows.Width), model.NormEpsilon); }
        else { Norms.RootMeanSquare(rows.Values, NormWeights(name, rows.Width), model.NormEpsilon); }
    }

    static string BiasOf(string norm) => string.Concat(norm.AsSpan(0, norm.Length - "weight".Length), "bias");

    /// <summary>Normalised rows; the same where there is no norm.</summary>
    internal RowMatrix Normalised(string? name, RowMatrix rows)
    {
        if (name is null) { return rows; }
        var copy = new RowMatrix(rows.Count, rows.Width);
        rows.Values.CopyTo(copy.Values, 0);
        Normalise(name, copy);
        return copy;
    }
}
