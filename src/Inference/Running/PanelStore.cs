using Ckpt.Inference.Weights;

namespace Ckpt.Inference.Running;

/// <summary>
/// Matrices that stay in memory from one pass to the next. Those that come first stay: passes go over all of them in turn, where giving up the
/// one that was not used for longest would keep none.
/// </summary>
sealed class PanelStore : IDisposable
{
    readonly Dictionary<WeightMatrix, PanelMatrix> _kept = [];
    readonly Dictionary<(string Name, int Count), float[]> _vectors = [];
    long _bytes;

    /// <summary>The matrix, filled or to be filled; null where there is no room.</summary>
    /// <param name="matrix">Which.</param>
    /// <param name="isHalf">Whether its panels are of bfloat16.</param>
    /// <param name="room">Bytes that all matrices may take.</param>
    internal PanelMatrix? Take(WeightMatrix matrix, bool isHalf, long room)
    {
        var key = matrix with { Bias = null };
        if (_kept.TryGetValue(key, out var kept))
        {
            if (kept.IsComplete) { return kept; }
            // A pass that filled it was given up.
            _kept.Remove(key);
            _bytes -= kept.Bytes;
            kept.Dispose();
        }
        if (_bytes + PanelMatrix.BytesOf(matrix.Rows, matrix.Columns, isHalf) > room) { return null; }
        kept = new PanelMatrix(matrix.Rows, matrix.Columns, isHalf);
        _bytes += kept.Bytes;
        _kept.Add(key, kept);
        return kept;
    }

    /// <summary>Gives up matrices until those left take no more than this.</summary>
    internal void Shrink(long room)
    {
        foreach (var (key, kept) in _kept.Reverse().TakeWhile(_ => _bytes > room).ToArray())
        {
            _kept.Remove(key);
            _bytes -= kept.Bytes;
            kept.Dispose();
        }
    }

    /// <summary>A vector that is read once; norms and biases are a ten-thousandth of a model.</summary>
    internal float[] Vector(string name, int count, Func<float[]> read)
    {
        if (!_vectors.TryGetValue((name, count), out var vector)) { _vectors.Add((name, count), vector = read()); }
        return vector;
    }

    public void Dispose()
    {
        Shrink(-1);
        _vectors.Clear();
    }
}
