using System.Buffers;
using Ckpt.Inference.Descriptions;
using Ckpt.Inference.Kernels;
using Ckpt.Inference.Weights;

namespace Ckpt.Inference.Running;

/// <summary>What all steps of one pass share: weights, rows, threads, and the size of tiles.</summary>
sealed class PassContext(ForwardModel model, IWeightSource weights, IReadOnlyList<SequenceRows> sequences, ForwardOptions options, int tileValues)
{
    readonly Dictionary<RotaryKind, RotaryAngles> _angles = [];

    internal ForwardModel Model => model;

    internal IWeightSource Weights => weights;

    internal IReadOnlyList<SequenceRows> Sequences => sequences;

    internal ParallelOptions Parallelism { get; } = new() { MaxDegreeOfParallelism = Math.Max(1, options.Threads) };

    /// <summary>The decoder layer that is computed; −1 outside.</summary>
    internal int Layer { get; set; } = -1;

    internal RotaryAngles Angles(RotaryKind kind)
    {
        if (!_angles.TryGetValue(kind, out var angles)) { _angles.Add(kind, angles = new RotaryAngles(kind, sequences, model.Where)); }
        return angles;
    }

    /// <summary>Rows times a matrix, plus its bias; summed up rank by rank where its inputs are shared.</summary>
    internal RowMatrix Multiply(WeightMatrix matrix, RowMatrix inputs)
    {
        Tell(matrix.Name, inputs, matrix.Expert, isInput: true);
        var outputs = new RowMatrix(inputs.Count, matrix.Rows);
        weights.Check(matrix);
        var bias = weights.ReadBias(matrix);
        if (weights.SharedOver(matrix.Name) is var shared && shared.Ranks > 1 && shared.Axis == matrix.InputAxis) { AddShares(matrix, shared.Ranks, inputs, outputs); }
        else { Multiply(matrix, inputs, outputs); }
        if (bias is not null)
        {
            for (var row = 0; row < outputs.Count; row++) { Lanes.AddScaled(outputs[row], bias, 1); }
        }
        Tell(matrix.Name, outputs, matrix.Expert);
        return outputs;
    }

    void Multiply(WeightMatrix matrix, RowMatrix inputs, RowMatrix outputs)
    {
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
    }

    /// <summary>Each rank's product of its own inputs with its own columns, added in the order of ranks.</summary>
    void AddShares(WeightMatrix matrix, int ranks, RowMatrix inputs, RowMatrix outputs)
    {
        var width = matrix.Columns / ranks;
        var (own, part) = (new RowMatrix(inputs.Count, width), new RowMatrix(outputs.Count, outputs.Width));
        for (var rank = 0; rank < ranks; rank++)
        {
            for (var row = 0; row < inputs.Count; row++) { inputs[row].Slice(rank * width, width).CopyTo(own[row]); }
            Multiply(matrix with { FirstColumn = matrix.FirstColumn + (rank * width), Columns = width }, own, part);
            Lanes.AddScaled(outputs.Values, part.Values, 1);
        }
    }

    /// <summary>Tells who listens what comes out of a weight, or goes into it.</summary>
    internal void Tell(string weight, RowMatrix rows, int? expert = null, bool isInput = false) => options.OnPoint?.Invoke(new ForwardPoint(Layer, weight, expert, isInput), rows);

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
        if (!model.AreLayerNorms) { Normalise(name, rows, rows.Width, model.NormEpsilon); return; }
        Norms.Layer(rows.Values, NormWeights(name, rows.Width), weights.ReadVector(BiasOf(name), rows.Width), model.NormEpsilon);
        Tell(name, rows);
    }

    /// <summary>The root-mean-square norm of parts of rows, of a width, each on its own.</summary>
    internal void Normalise(string name, RowMatrix rows, int width, float epsilon)
    {
        Norms.RootMeanSquare(rows.Values, NormWeights(name, width), epsilon);
        Tell(name, rows);
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
