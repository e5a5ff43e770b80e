using Ckpt.Inference.Descriptions;
using Ckpt.Inference.Kernels;
using Ckpt.Inference.Weights;

namespace Ckpt.Inference.Running;

/// <summary>What all steps of one pass share: weights, rows, threads, and the size of tiles.</summary>
sealed class PassContext(ForwardModel model, IWeightSource weights, PanelStore? store, IReadOnlyList<SequenceRows> sequences, ParallelOptions parallelism, ForwardMemory memory) : IDisposable
{
    // Fewer values than this are done sooner by one thread than told to several.
    const int WorthThreads = 1 << 16;

    readonly Dictionary<RotaryKind, RotaryAngles> _angles = [];
    readonly Products _products = new(weights, store, memory, parallelism);

    internal ForwardModel Model => model;

    internal IWeightSource Weights => weights;

    internal IReadOnlyList<SequenceRows> Sequences => sequences;

    internal ParallelOptions Parallelism => parallelism;

    internal RotaryAngles Angles(RotaryKind kind)
    {
        if (!_angles.TryGetValue(kind, out var angles)) { _angles.Add(kind, angles = new RotaryAngles(kind, sequences, model.Where)); }
        return angles;
    }

    /// <summary>Rows times a matrix, plus its bias.</summary>
    internal RowMatrix Multiply(WeightMatrix matrix, RowMatrix inputs) => _products.Run([(matrix, inputs)])[0];

    /// <summary>Rows times several matrices, which threads share as one.</summary>
    internal RowMatrix[] MultiplyAll(RowMatrix inputs, params IEnumerable<WeightMatrix> matrices) => _products.Run([.. matrices.Select(matrix => (matrix, inputs))]);

    /// <summary>A norm's weights, as values are multiplied by them.</summary>
    internal float[] NormWeights(string name, int width)
    {
        return store is null ? Read() : store.Vector(name, width, Read);

        float[] Read()
        {
            var values = weights.ReadVector(name, width);
            if (model.AreNormsCentred)
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
        else { Parallel.For(0, rows.Count, parallelism, does); }
    }

    /// <summary>Normalises rows in place.</summary>
    internal void Normalise(string name, RowMatrix rows)
    {
        var values = NormWeights(name, rows.Width);
        var biases = model.AreLayerNorms ? Vector(BiasOf(name), rows.Width) : null;
        EachRow(rows, row =>
        {
            if (biases is not null) { Norms.Layer(rows[row], values, biases, model.NormEpsilon); }
            else { Norms.RootMeanSquare(rows[row], values, model.NormEpsilon); }
        });
    }

    /// <summary>A vector as it is stored.</summary>
    internal float[] Vector(string name, int width) => store is null ? weights.ReadVector(name, width) : store.Vector($"{name} as stored", width, () => weights.ReadVector(name, width));

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
