using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Maps;

namespace Ckpt.Sharding.Boxes;

/// <summary>
/// Which axis of a link's one box corresponds to which axis of the other: axes of size 1 are left out, the others correspond in order.
/// </summary>
readonly record struct LinkAxes(int[] Left, int[] Right)
{
    internal static LinkAxes Of(Link link)
    {
        var left = LongAxes(link.LeftBox);
        var right = LongAxes(link.RightBox);
        var same = left.Length == right.Length;
        for (var i = 0; same && i < left.Length; i++) { same = link.LeftBox.Size[left[i]] == link.RightBox.Size[right[i]]; }
        return same ? new LinkAxes(left, right) : throw new ArgumentException($"a link of boxes {link.LeftBox} and {link.RightBox}, whose sizes differ", nameof(link));
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

    static int[] LongAxes(Box box)
    {
        var axes = new List<int>(box.Rank);
        for (var axis = 0; axis < box.Rank; axis++)
        {
            if (box.Size[axis] != 1) { axes.Add(axis); }
        }
        return [.. axes];
    }
}
