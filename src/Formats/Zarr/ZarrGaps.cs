using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.Zarr;

/// <summary>
/// The places of a grid that are not in a list, as boxes: at most one more than there are places listed for each axis, however large the grid is.
/// </summary>
static class ZarrGaps
{
    /// <summary>Boxes of grid places that together with <paramref name="present"/> are the whole grid, each place once.</summary>
    /// <param name="grid">Places along each axis.</param>
    /// <param name="present">In row-major order, each once.</param>
    internal static List<Box> Of(long[] grid, IReadOnlyList<long[]> present)
    {
        var gaps = new List<Box>();
        if (!grid.Contains(0)) { Find(grid, present, 0, present.Count, 0, gaps); }
        return gaps;
    }

    /// <summary>Gaps among the present from first to end, which agree on all axes before this one.</summary>
    static void Find(long[] grid, IReadOnlyList<long[]> present, int first, int end, int axis, List<Box> gaps)
    {
        if (axis == grid.Length)
        {
            if (first == end) { gaps.Add(new Box([], [])); } // the only place of a scalar
            return;
        }
        var next = 0L;
        while (first < end)
        {
            var at = present[first][axis];
            Add(grid, present, first, axis, next, at, gaps);
            var same = first + 1;
            while (same < end && present[same][axis] == at) { same++; }
            if (axis + 1 < grid.Length) { Find(grid, present, first, same, axis + 1, gaps); }
            (first, next) = (same, at + 1);
        }
        Add(grid, present, end - 1, axis, next, grid[axis], gaps);
    }

    /// <summary>Whole slices of this axis, at the place that the present one has on the axes before.</summary>
    static void Add(long[] grid, IReadOnlyList<long[]> present, int beside, int axis, long from, long to, List<Box> gaps)
    {
        if (from == to) { return; }
        var (offset, size) = (new long[grid.Length], (long[])grid.Clone());
        for (var before = 0; before < axis; before++) { (offset[before], size[before]) = (present[beside][before], 1); }
        (offset[axis], size[axis]) = (from, to - from);
        gaps.Add(new Box(offset, size));
    }
}
