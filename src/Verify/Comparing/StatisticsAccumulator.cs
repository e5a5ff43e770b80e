using System.Numerics;
using Ckpt.Formats.Tensors;

namespace Ckpt.Verify.Comparing;

/// <summary>Gathers <see cref="DifferenceStatistics"/>, block by block; blocks are merged in order, so that the same blocks give the same sums.</summary>
sealed class StatisticsAccumulator(DType typeA, DType typeB, Tolerance tolerance)
{
    const int Buckets = 66;

    readonly List<ElementDifference> _worst = [];
    readonly long[]? _steps = typeA == typeB && ElementValues.IsFloat(typeA) ? new long[Buckets] : null;
    long _elements, _different, _outside, _nansA, _nansB, _infinitiesA, _infinitiesB, _mismatches, _singleBits;
    long _first = long.MaxValue;
    double _max, _sum, _squares, _squaresA, _squaresB, _product;

    /// <summary>Adds the elements from row-major place <paramref name="first"/> on.</summary>
    internal void Add(long first, ReadOnlySpan<byte> a, ReadOnlySpan<double> valuesA, ReadOnlySpan<byte> b, ReadOnlySpan<double> valuesB)
    {
        var size = typeA.ByteSize();
        for (var i = 0; i < valuesA.Length; i++)
        {
            var (x, y) = (valuesA[i], valuesB[i]);
            CountKinds(x, y);
            bool differ;
            if (typeA == typeB)
            {
                var (p, q) = (ElementValues.Bits(a.Slice(i * size, size)), ElementValues.Bits(b.Slice(i * size, size)));
                differ = p != q;
                if (differ && BitOperations.IsPow2(p ^ q)) { _singleBits++; }
                if (_steps is not null && !double.IsNaN(x) && !double.IsNaN(y)) { _steps[64 - BitOperations.LeadingZeroCount(ElementValues.Steps(size, p, q))]++; }
            }
            else { differ = !x.Equals(y) || double.IsNegative(x) != double.IsNegative(y); }
            if (differ) { Note(new ElementDifference(first + i, x, y)); }
            if (!double.IsFinite(x) || !double.IsFinite(y)) { continue; }
            var distance = Math.Abs(x - y);
            _max = Math.Max(_max, distance);
            _sum += distance;
            _squares += distance * distance;
            _squaresA += x * x;
            _squaresB += y * y;
            _product += x * y;
        }
        _elements += valuesA.Length;
    }

    /// <summary>Adds what was gathered of a later part.</summary>
    internal void Merge(StatisticsAccumulator later)
    {
        (_elements, _different, _outside) = (_elements + later._elements, _different + later._different, _outside + later._outside);
        (_nansA, _nansB, _mismatches) = (_nansA + later._nansA, _nansB + later._nansB, _mismatches + later._mismatches);
        (_infinitiesA, _infinitiesB, _singleBits) = (_infinitiesA + later._infinitiesA, _infinitiesB + later._infinitiesB, _singleBits + later._singleBits);
        (_first, _max, _sum, _squares) = (Math.Min(_first, later._first), Math.Max(_max, later._max), _sum + later._sum, _squares + later._squares);
        (_squaresA, _squaresB, _product) = (_squaresA + later._squaresA, _squaresB + later._squaresB, _product + later._product);
        for (var i = 0; _steps is not null && i < Buckets; i++) { _steps[i] += later._steps![i]; }
        foreach (var difference in later._worst) { Keep(difference); }
    }

    internal DifferenceStatistics Result() => new()
    {
        Elements = _elements,
        Different = _different,
        Outside = _outside,
        First = _first == long.MaxValue ? null : _first,
        MaxDiff = _max,
        MeanDiff = _elements == 0 ? 0 : _sum / _elements,
        RelativeL2 = _squares == 0 ? 0 : Math.Sqrt(_squares) / Math.Sqrt(_squaresA),
        Cosine = Cosine(),
        NaNsA = _nansA,
        NaNsB = _nansB,
        InfinitiesA = _infinitiesA,
        InfinitiesB = _infinitiesB,
        NaNMismatches = _mismatches,
        SingleBits = _singleBits,
        Steps = _steps is null ? null : [.. _steps[..(Array.FindLastIndex(_steps, static count => count > 0) + 1)]],
        Worst = [.. _worst],
    };

    // Two tensors of zeros point the same way, one of them points nowhere.
    double Cosine() => _squaresA == 0 || _squaresB == 0
        ? _squaresA == _squaresB ? 1 : 0
        : Math.Clamp(_product / (Math.Sqrt(_squaresA) * Math.Sqrt(_squaresB)), -1, 1);

    void CountKinds(double x, double y)
    {
        if (double.IsFinite(x) && double.IsFinite(y)) { return; }
        if (double.IsNaN(x)) { _nansA++; }
        if (double.IsNaN(y)) { _nansB++; }
        if (double.IsInfinity(x)) { _infinitiesA++; }
        if (double.IsInfinity(y)) { _infinitiesB++; }
        if (double.IsNaN(x) != double.IsNaN(y)) { _mismatches++; }
    }

    void Note(ElementDifference difference)
    {
        _different++;
        _first = Math.Min(_first, difference.Element);
        if (!tolerance.Allows(difference.A, difference.B)) { _outside++; }
        Keep(difference);
    }

    /// <summary>Ten of them: by distance, then by place.</summary>
    void Keep(ElementDifference difference)
    {
        if (_worst.Count == DifferenceStatistics.Kept && difference.Distance <= _worst[^1].Distance) { return; }
        var at = _worst.Count;
        while (at > 0 && _worst[at - 1].Distance < difference.Distance) { at--; }
        _worst.Insert(at, difference);
        if (_worst.Count > DifferenceStatistics.Kept) { _worst.RemoveAt(DifferenceStatistics.Kept); }
    }
}
