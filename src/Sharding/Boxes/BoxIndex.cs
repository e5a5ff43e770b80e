using Ckpt.Formats.Tensors;

namespace Ckpt.Sharding.Boxes;

/// <summary>
/// Finds which of many boxes of one tensor meet a given box. Boxes are kept by the row-major place of their first element; where they
/// follow leading axes (layers, experts, rows), which is nearly always, a query costs a binary search and its answers.
/// </summary>
public sealed class BoxIndex
{
    readonly Box[] _boxes;
    readonly int[] _order;
    readonly long[] _first;
    readonly long[] _lastSoFar;
    readonly long[] _strides;

    /// <summary>An index over boxes that lie inside <paramref name="shape"/>; empty boxes are never found.</summary>
    public BoxIndex(Shape shape, IReadOnlyList<Box> boxes)
    {
        _strides = shape.RowMajorStrides();
        _boxes = [.. boxes];
        var kept = new List<int>(boxes.Count);
        for (var i = 0; i < _boxes.Length; i++)
        {
            if (!_boxes[i].IsInside(shape)) { throw new ArgumentException($"box {_boxes[i]} does not lie inside {shape}", nameof(boxes)); }
            if (_boxes[i].Volume > 0) { kept.Add(i); }
        }
        _order = [.. kept];
        _first = new long[_order.Length];
        for (var i = 0; i < _order.Length; i++) { _first[i] = First(_boxes[_order[i]]); }
        Array.Sort(_first, _order);
        _lastSoFar = new long[_order.Length];
        var last = -1L;
        for (var i = 0; i < _order.Length; i++) { _lastSoFar[i] = last = Math.Max(last, Last(_boxes[_order[i]])); }
    }

    /// <summary>Adds to <paramref name="found"/> each box that shares at least one element with <paramref name="query"/>, and what they share.</summary>
    public void Find(Box query, List<(int Index, Box Common)> found)
    {
        if (query.Volume == 0) { return; }
        var first = First(query);
        var last = Last(query);
        for (var i = UpperBound(last) - 1; i >= 0 && _lastSoFar[i] >= first; i--)
        {
            if (_boxes[_order[i]].TryIntersect(query, out var common)) { found.Add((_order[i], common)); }
        }
    }

    /// <summary>The first two boxes found that share an element, or null where all are disjoint.</summary>
    public (int A, int B)? FindOverlap()
    {
        var found = new List<(int Index, Box Common)>();
        for (var i = 1; i < _order.Length; i++)
        {
            // All before it end before it begins: nearly always, and then a look backwards is enough for all of them.
            if (_lastSoFar[i - 1] < _first[i]) { continue; }
            found.Clear();
            Find(_boxes[_order[i]], found);
            foreach (var (index, _) in found)
            {
                if (index != _order[i]) { return (_order[i], index); }
            }
        }
        return null;
    }

    int UpperBound(long value)
    {
        var (low, high) = (0, _first.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_first[middle] <= value) { low = middle + 1; } else { high = middle; }
        }
        return low;
    }

    long First(Box box)
    {
        var place = 0L;
        for (var axis = 0; axis < _strides.Length; axis++) { place += box.Offset[axis] * _strides[axis]; }
        return place;
    }

    long Last(Box box)
    {
        var place = 0L;
        for (var axis = 0; axis < _strides.Length; axis++) { place += (box.Offset[axis] + box.Size[axis] - 1) * _strides[axis]; }
        return place;
    }
}
