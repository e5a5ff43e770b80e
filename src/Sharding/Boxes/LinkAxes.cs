using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Maps;

namespace Ckpt.Sharding.Boxes;

/// <summary>
/// Which axis of a link's one box corresponds to which axis of the other, in the order of the right box; axes of size 1 are left out.
/// </summary>
readonly record struct LinkAxes(int[] Left, int[] Right)
{
    /// <summary>Boxes of so many axes share the lists of theirs; a large model has a hundred thousand boxes.</summary>
    const int SharedRank = 6;

    static readonly int[]?[] s_axes = new int[1 << SharedRank][];

    internal static LinkAxes Of(Link link)
    {
        var axes = link.Axes is null ? new LinkAxes(LongAxes(link.LeftBox), LongAxes(link.RightBox)) : Given(link.LeftBox, link.Axes, link.RightBox);
        var same = axes.Left.Length == axes.Right.Length;
        for (var i = 0; same && i < axes.Left.Length; i++) { same = link.LeftBox.Size[axes.Left[i]] == link.RightBox.Size[axes.Right[i]]; }
        return same ? axes : throw new ArgumentException($"a link of boxes {link.LeftBox} and {link.RightBox}, whose sizes differ", nameof(link));
    }

    /// <summary>The part of <paramref name="to"/> that corresponds to <paramref name="part"/> of <paramref name="from"/>.</summary>
    internal static Box Project(Box part, Box from, int[] fromAxes, Box to, int[] toAxes)
    {
        var offset = to.Offset.ToArray();
        var size = to.Size.ToArray();
        for (var i = 0; i < fromAxes.Length; i++)
        {
            offset[toAxes[i]] += part.Offset[fromAxes[i]] - from.Offset[fromAxes[i]];
            size[toAxes[i]] = part.Size[fromAxes[i]];
        }
        return new Box(offset, size);
    }

    /// <summary>The left axis of each long right axis, as the link says; a long axis of either side without partner makes the sizes differ.</summary>
    static LinkAxes Given(Box leftBox, IReadOnlyList<int> axes, Box rightBox)
    {
        var right = LongAxes(rightBox);
        var left = new List<int>(right.Length);
        foreach (var axis in right)
        {
            for (var i = 0; i < axes.Count; i++)
            {
                if (axes[i] == axis) { left.Add(i); }
            }
        }
        var all = axes.Count == leftBox.Rank && LongAxes(leftBox).Length == left.Count;
        return new LinkAxes(all ? [.. left] : [], right);
    }

    static int[] LongAxes(Box box)
    {
        var (bits, count) = (0, 0);
        for (var axis = 0; axis < box.Rank; axis++)
        {
            if (box.Size[axis] == 1) { continue; }
            bits |= axis < SharedRank ? 1 << axis : 0;
            count++;
        }
        if (box.Rank <= SharedRank) { return s_axes[bits] ??= Long(box, count); }
        return Long(box, count);
    }

    static int[] Long(Box box, int count)
    {
        var axes = new int[count];
        var next = 0;
        for (var axis = 0; axis < box.Rank; axis++)
        {
            if (box.Size[axis] != 1) { axes[next++] = axis; }
        }
        return axes;
    }
}
