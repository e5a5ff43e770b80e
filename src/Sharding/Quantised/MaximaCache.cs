namespace Ckpt.Sharding.Quantised;

/// <summary>
/// Block maxima lately measured, within a bound: weights and their scales are written one after the other, and each row of blocks is read in
/// several runs.
/// </summary>
sealed class MaximaCache
{
    internal const int MostFloats = 1 << 20;

    readonly Lock _lock = new();
    readonly Dictionary<(BlockMaxima Of, long Row), float[]> _rows = [];
    readonly Queue<(BlockMaxima Of, long Row)> _order = [];
    long _floats;

    internal float[]? Find(BlockMaxima of, long row)
    {
        lock (_lock) { return _rows.GetValueOrDefault((of, row)); }
    }

    internal float[] Add(BlockMaxima of, long row, float[] maxima)
    {
        lock (_lock)
        {
            if (!_rows.TryAdd((of, row), maxima)) { return maxima; }
            _order.Enqueue((of, row));
            _floats += maxima.Length;
            while (_floats > MostFloats && _order.Count > 1)
            {
                var oldest = _order.Dequeue();
                _floats -= _rows[oldest].Length;
                _rows.Remove(oldest);
            }
        }
        return maxima;
    }
}
