using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;

namespace Ckpt.Sharding.Boxes;

/// <summary>How a stored shape and a finer one relate: which stored axis each fine axis is part of, and how many stored indices one fine step is.</summary>
sealed class AxisSplits
{
    readonly Shape _fine;

    AxisSplits(Shape fine, int[] storedAxis, long[] factor)
    {
        (_fine, StoredAxis, Factor) = (fine, storedAxis, factor);
        for (var axis = 0; axis < storedAxis.Length && IsIdentity; axis++) { IsIdentity = storedAxis[axis] == axis; }
    }

    /// <summary>For each fine axis, the stored axis that it is part of.</summary>
    internal int[] StoredAxis { get; }

    /// <summary>For each fine axis, how many stored indices lie between neighbours.</summary>
    internal long[] Factor { get; }

    /// <summary>Whether nothing is split.</summary>
    internal bool IsIdentity { get; } = true;

    /// <exception cref="ArgumentException">No row-major splitting of the stored axes gives the fine shape.</exception>
    internal static AxisSplits Of(Shape stored, Shape fine)
    {
        var axes = new int[fine.Rank];
        var factors = new long[fine.Rank];
        var next = fine.Rank;
        for (var axis = stored.Rank - 1; axis >= 0; axis--)
        {
            var size = 1L;
            do
            {
                if (--next < 0) { throw new ArgumentException($"{fine} is no splitting of {stored}", nameof(fine)); }
                (axes[next], factors[next]) = (axis, size);
                size *= fine[next];
            }
            while (size != stored[axis] && size < stored[axis] && size > 0);
            // An axis of size 1 more than there are stored axes left belongs to this one.
            while (size == stored[axis] && next > axis && fine[next - 1] == 1) { (axes[--next], factors[next]) = (axis, size); }
            if (size != stored[axis]) { throw new ArgumentException($"{fine} is no splitting of {stored}", nameof(fine)); }
        }
        return next == 0 ? new AxisSplits(fine, axes, factors) : throw new ArgumentException($"{fine} is no splitting of {stored}", nameof(fine));
    }

    /// <summary>A stored box in fine coordinates.</summary>
    /// <exception cref="UnsupportedCheckpointException">SHD-2.9: it begins or ends between two steps of a split axis.</exception>
    internal Box Refine(Box stored, string name)
    {
        if (IsIdentity) { return stored; }
        var offset = new long[_fine.Rank];
        var size = new long[_fine.Rank];
        for (var axis = 0; axis < _fine.Rank;)
        {
            var end = axis;
            while (end < _fine.Rank && StoredAxis[end] == StoredAxis[axis]) { end++; }
            var (start, length) = (stored.Offset[StoredAxis[axis]], stored.Size[StoredAxis[axis]]);
            // The outermost of the parts may be cut; those inside are whole, or the box is one index of those outside.
            for (var part = axis; part < end; part++)
            {
                var step = Factor[part];
                (offset[part], var rest) = Math.DivRem(start, step);
                size[part] = length / step;
                if (rest != 0 || length % step != 0)
                {
                    if (length / step > 0 || rest + length > step) { Throw.Cut(name, stored, _fine); }
                    size[part] = 1;
                    start = rest;
                    continue;
                }
                for (var inner = part + 1; inner < end; inner++) { size[inner] = _fine[inner]; }
                break;
            }
            axis = end;
        }
        return new Box(offset, size);
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Cut(string name, Box stored, Shape fine) => throw new UnsupportedCheckpointException(
            "SHD-2.9", name, $"the stored box {stored} cuts through rows that take turns (seen as {fine}); whole rows are needed");
    }
}
