using Ckpt.Inference.Descriptions;
using Ckpt.Inference.Kernels;
using Ckpt.Inference.Weights;

namespace Ckpt.Inference.Running;

/// <summary>What all steps of one pass share: weights, rows, threads, and the size of tiles.</summary>
sealed class PassContext : IDisposable
{
    // Fewer values than this are done sooner by one thread than told to several.
    const int WorthThreads = 1 << 16;

    readonly Dictionary<RotaryKind, RotaryAngles> _angles = [];
    readonly PanelStore? _store;
    readonly ForwardOptions _options;
    readonly Products _products;

    internal PassContext(ForwardModel model, IWeightSource weights, PanelStore? store, IReadOnlyList<SequenceRows> sequences, ForwardOptions options, ForwardMemory memory)
    {
        (Model, Weights, Sequences, _store, _options) = (model, weights, sequences, store, options);
        Parallelism = new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, options.Threads) };
        _products = new Products(weights, store, memory, Parallelism);
    }

    internal ForwardModel Model { get; }

    internal IWeightSource Weights { get; }

    internal IReadOnlyList<SequenceRows> Sequences { get; }

    internal ParallelOptions Parallelism { get; }

    /// <summary>The decoder layer that is computed; −1 outside.</summary>
    internal int Layer { get; set; } = -1;

    internal RotaryAngles Angles(RotaryKind kind)
    {
        if (!_angles.TryGetValue(kind, out var angles)) { _angles.Add(kind, angles = new RotaryAngles(kind, Sequences, Model.Where)); }
        return angles;
    }

    /// <summary>Rows times a matrix, plus its bias; summed up rank by rank where its inputs are shared.</summary>
    internal RowMatrix Multiply(WeightMatrix matrix, RowMatrix inputs)
    {
        Tell(matrix.Name, inputs, matrix.Expert, isInput: true);
        Weights.Check(matrix);
        var outputs = RanksOf(matrix) is var ranks and > 1 ? Shares(matrix, ranks, inputs) : _products.Run([(matrix, inputs)])[0];
        Tell(matrix.Name, outputs, matrix.Expert);
        return outputs;
    }

    /// <summary>Rows times several matrices, which threads share as one.</summary>
    internal RowMatrix[] MultiplyAll(RowMatrix inputs, params IReadOnlyList<WeightMatrix> matrices)
    {
        // Who listens is told in order; what is summed up rank by rank goes by itself.
        if (_options.OnPoint is not null || matrices.Any(matrix => RanksOf(matrix) > 1)) { return [.. matrices.Select(matrix => Multiply(matrix, inputs))]; }
        foreach (var matrix in matrices) { Weights.Check(matrix); }
        return _products.Run([.. matrices.Select(matrix => (matrix, inputs))]);
    }

    int RanksOf(WeightMatrix matrix) => Weights.SharedOver(matrix.Name) is var shared && shared.Axis == matrix.InputAxis ? shared.Ranks : 1;

    /// <summary>Each rank's product of its own inputs with its own columns, added in the order of ranks.</summary>
    RowMatrix Shares(WeightMatrix matrix, int ranks, RowMatrix inputs)
    {
        var width = matrix.Columns / ranks;
        var (own, outputs) = (new RowMatrix(inputs.Count, width), new RowMatrix(inputs.Count, matrix.Rows));
        for (var rank = 0; rank < ranks; rank++)
        {
            for (var row = 0; row < inputs.Count; row++) { inputs[row].Slice(rank * width, width).CopyTo(own[row]); }
            var part = _products.Run([(matrix with { FirstColumn = matrix.FirstColumn + (rank * width), Columns = width, Bias = null }, own)])[0];
            Lanes.AddScaled(outputs.Values, part.Values, 1);
        }
        if (Weights.ReadBias(matrix) is { } bias)
        {
            for (var row = 0; row < outputs.Count; row++) { Lanes.AddScaled(outputs[row], bias, 1); }
        }
        return outputs;
    }

    /// <summary>Tells who listens what comes out of a weight, or goes into it.</summary>
    internal void Tell(string weight, RowMatrix rows, int? expert = null, bool isInput = false) => _options.OnPoint?.Invoke(new ForwardPoint(Layer, weight, expert, isInput), rows);

    /// <summary>A norm's weights, as values are multiplied by them.</summary>
    internal float[] NormWeights(string name, int width)
    {
        return _store is null ? Read() : _store.Vector(name, width, Read);

        float[] Read()
        {
            var values = Weights.ReadVector(name, width);
            if (Model.AreNormsCentred)
            {
                for (var i = 0; i < values.Length; i++) { values[i]++; }
            }
            return values;
        }
    }

    /// <summary>Does something with every row; threads share rows where they are many.</summary>
    internal void EachRow(RowMatrix rows, Action<int> does)
    {
        if ((long)rows.Count * rows.Width < WorthThreads)
        {
            for (var row = 0; row < rows.Count; row++) { does(row); }
        }
        else { Parallel.For(0, rows.Count, Parallelism, does); }
    }

    /// <summary>Normalises rows in place.</summary>
    internal void Normalise(string name, RowMatrix rows)
    {
        if (!Model.AreLayerNorms) { Normalise(name, rows, rows.Width, Model.NormEpsilon); return; }
        var (values, biases) = (NormWeights(name, rows.Width), Vector(BiasOf(name), rows.Width));
        EachRow(rows, row => Norms.Layer(rows[row], values, biases, Model.NormEpsilon));
        Tell(name, rows);
    }

    /// <summary>The root-mean-square norm of parts of rows, of a width, each on its own.</summary>
    internal void Normalise(string name, RowMatrix rows, int width, float epsilon)
    {
        var values = NormWeights(name, width);
        EachRow(rows, row => Norms.RootMeanSquare(rows[row], values, epsilon));
        Tell(name, rows);
    }

    /// <summary>A vector as it is stored.</summary>
    internal float[] Vector(string name, int width) => _store is null ? Weights.ReadVector(name, width) : _store.Vector($"{name} as stored", width, () => Weights.ReadVector(name, width));

    public void Dispose() => _products.Dispose();

    static string BiasOf(string norm) => string.Concat(norm.AsSpan(0, norm.Length - "weight".Length), "bias");

    /// <summary>Normalised rows; the same where there is no norm.</summary>
    internal RowMatrix Normalised(string? name, RowMatrix rows)
    {
        if (name is null) { return rows; }
        var copy = RowMatrix.Unfilled(rows.Count, rows.Width);
        rows.Values.CopyTo(copy.Values, 0);
        Normalise(name, copy);
        return copy;
    }
}
