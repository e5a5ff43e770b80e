namespace Ckpt.Verify.Passes;

/// <summary>Sums from which the relative distance of two sets of rows comes; where lengths differ it is infinite.</summary>
struct PassDistance
{
    double _squares, _difference, _max, _sum;
    long _count;

    internal void Add(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        if (a.Length != b.Length) { _difference = double.PositiveInfinity; return; }
        _count += a.Length;
        for (var i = 0; i < a.Length; i++)
        {
            double x = a[i], distance = a[i].Equals(b[i]) ? 0 : x - b[i];
            _squares += x * x;
            _difference += distance * distance;
            distance = Math.Abs(distance);
            _sum += distance;
            _max = double.IsNaN(distance) || distance > _max ? distance : _max;
        }
    }

    internal readonly double Max => _max;

    internal readonly double Mean => _count == 0 ? 0 : _sum / _count;

    internal readonly double Relative => _difference == 0 ? 0 : double.IsNaN(_difference) || _squares == 0 ? double.PositiveInfinity : Math.Sqrt(_difference) / Math.Sqrt(_squares);
}
