using System.Runtime.InteropServices;

namespace Ckpt.Formats.Tensors;

/// <summary>How boxes lie in a shape.</summary>
public enum TilingFault
{
    /// <summary>They cover every element exactly once.</summary>
    None,

    /// <summary>A box reaches outside, or has another number of axes.</summary>
    Outside,

    /// <summary>Two boxes share an element.</summary>
    Overlap,

    /// <summary>An element is in no box.</summary>
    Gap,

    /// <summary>Boxes cut along so many axes that the check would not end soon.</summary>
    TooComplex,
}

/// <summary>
/// Checks that boxes cover a shape exactly once, in time proportional to their number and for any arrangement: the boxes' corners, counted
/// with alternating signs, cancel to those of the whole exactly when the boxes' indicator functions add up to one everywhere.
/// </summary>
public static class BoxTiling
{
    const long Work = 1L << 26;

    /// <summary>The first fault found; boxes of no elements do not count.</summary>
    /// <param name="shape">Of at most 2^63 − 1 elements.</param>
    /// <param name="boxes">In any order.</param>
    public static TilingFault Check(Shape shape, IReadOnlyList<Box> boxes)
    {
        Int128 volume = 0;
        foreach (var box in boxes)
        {
            if (!box.IsInside(shape)) { return TilingFault.Outside; }
            volume += box.Volume;
        }
        if (volume != shape.Count) { return volume < shape.Count ? TilingFault.Gap : TilingFault.Overlap; }
        var axes = CutAxes(shape, boxes);
        if (axes.Count >= 30 || (boxes.Count + 1L) << axes.Count > Work) { return TilingFault.TooComplex; }
        // The volumes add up, so that where anything is covered twice something else is not covered at all.
        return CornersCancel(shape, boxes, axes) ? TilingFault.None : TilingFault.Overlap;
    }

    /// <summary>The axes on which some box does not span the whole.</summary>
    static List<int> CutAxes(Shape shape, IReadOnlyList<Box> boxes)
    {
        var axes = new List<int>();
        for (var axis = 0; axis < shape.Rank; axis++)
        {
            for (var i = 0; i < boxes.Count; i++)
            {
                if (boxes[i].Size[axis] == shape[axis] || boxes[i].Volume == 0) { continue; }
                axes.Add(axis);
                break;
            }
        }
        return axes;
    }

    static bool CornersCancel(Shape shape, IReadOnlyList<Box> boxes, List<int> axes)
    {
        if (shape.Count == 0) { return true; }
        // A place along the cut axes as one number: the product of (size + 1) is below 2^(63 + axes).
        var steps = new UInt128[axes.Count];
        UInt128 step = 1;
        for (var i = 0; i < steps.Length; i++)
        {
            steps[i] = step;
            step *= (ulong)shape[axes[i]] + 1;
        }
        var corners = new Dictionary<UInt128, int>();
        foreach (var box in boxes)
        {
            if (box.Volume > 0) { Count(box, 1); }
        }
        Count(Box.Whole(shape), -1);
        return corners.Count == 0;

        void Count(Box box, int sign)
        {
            for (var corner = 0; corner < 1 << steps.Length; corner++)
            {
                UInt128 place = 0;
                for (var i = 0; i < steps.Length; i++)
                {
                    var coordinate = box.Offset[axes[i]] + ((corner >> i & 1) != 0 ? box.Size[axes[i]] : 0);
                    place += (ulong)coordinate * steps[i];
                }
                ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(corners, place, out _);
                count += int.PopCount(corner) % 2 == 0 ? sign : -sign;
                if (count == 0) { corners.Remove(place); }
            }
        }
    }
}
