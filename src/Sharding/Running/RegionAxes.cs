using Ckpt.Sharding.Plans;

namespace Ckpt.Sharding.Running;

/// <summary>
/// The axes of a region copy once the source's real strides are known, with neighbours that are contiguous on both sides merged.
/// </summary>
readonly record struct RegionAxes(long[] Extents, long[] SourceStrides, long[] TargetStrides, long[] TargetSpans, long SourceStart, long SourceLast)
{
    /// <summary>Whether the innermost axis runs through neighbouring elements on both sides.</summary>
    internal bool IsRunOfSource => SourceStrides[^1] == 1 && TargetStrides[^1] == 1;

    internal static RegionAxes Of(RegionCopy copy, long[] strides)
    {
        var extents = new List<long>(copy.Extents.Length + 1);
        var source = new List<long>();
        var target = new List<long>();
        var start = 0L;
        for (var axis = 0; axis < copy.SourceStart.Length; axis++) { start += copy.SourceStart[axis] * strides[axis]; }
        for (var i = 0; i < copy.Extents.Length; i++)
        {
            var (extent, from, to) = (copy.Extents[i], strides[copy.SourceAxes[i]] * copy.SourceSteps[i], copy.TargetStrides[i]);
            if (extent == 1) { continue; }
            if (extents.Count > 0 && source[^1] == extent * from && target[^1] == extent * to)
            {
                (extents[^1], source[^1], target[^1]) = (extents[^1] * extent, from, to);
            }
            else { extents.Add(extent); source.Add(from); target.Add(to); }
        }
        if (extents.Count == 0) { extents.Add(1); source.Add(1); target.Add(1); }
        var spans = new long[extents.Count + 1];
        for (var i = extents.Count - 1; i >= 0; i--) { spans[i] = spans[i + 1] + ((extents[i] - 1) * target[i]); }
        var last = start;
        for (var i = 0; i < extents.Count; i++) { last += (extents[i] - 1) * source[i]; }
        return new RegionAxes([.. extents], [.. source], [.. target], spans, start, last);
    }

    /// <summary>The axes from the widest source stride to the narrowest.</summary>
    internal int[] BySourceStride()
    {
        var strides = SourceStrides;
        var order = new int[Extents.Length];
        for (var i = 0; i < order.Length; i++) { order[i] = i; }
        Array.Sort(order, (a, b) => strides[b].CompareTo(strides[a]));
        return order;
    }

    /// <summary>The first and last index of the outermost axis whose elements can lie in [first, end).</summary>
    internal (long Low, long High) RowsOf(long start, long first, long end)
    {
        var inner = TargetSpans[1];
        var low = first <= start + inner ? 0 : (first - start - inner + TargetStrides[0] - 1) / TargetStrides[0];
        return (low, Math.Min(Extents[0] - 1, (end - 1 - start) / TargetStrides[0]));
    }
}
