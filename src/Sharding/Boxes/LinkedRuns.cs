using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Maps;

namespace Ckpt.Sharding.Boxes;

/// <summary>
/// A link, or a part of one, in the coordinates of the stored tensors: per stored axis a run of indices, and which axis of the left is
/// which of the right. For operations that must know rows from columns; copies are planned from boxes.
/// </summary>
/// <param name="Left">One run per stored axis of the left tensor.</param>
/// <param name="Right">One run per stored axis of the right tensor.</param>
/// <param name="RightAxis">Per left axis the right axis with the same elements in the same order, or -1 where the left run has one index.</param>
public sealed record LinkedRuns(IReadOnlyList<AxisRun> Left, IReadOnlyList<AxisRun> Right, IReadOnlyList<int> RightAxis)
{
    /// <summary>The link's parts: one, except where several fine axes of one stored axis go different ways.</summary>
    public static IReadOnlyList<LinkedRuns> Of(TensorMap map, Link link)
    {
        var axes = LinkAxes.Of(link);
        var left = new Side(map.Left.Tensors[link.Left], link.LeftBox);
        var right = new Side(map.Right.Tensors[link.Right], link.RightBox);
        var pairs = new List<Pair>(axes.Left.Length);
        for (var i = 0; i < axes.Left.Length; i++) { pairs.Add(new Pair(axes.Left[i], axes.Right[i], link.LeftBox.Size[axes.Left[i]])); }
        pairs.Sort((a, b) => a.Left.CompareTo(b.Left));
        var parts = new List<LinkedRuns>();
        Cut(left, right, pairs, left.Starts(), right.Starts(), parts);
        return parts;
    }

    /// <summary>A tensor onto itself.</summary>
    public static LinkedRuns Whole(Shape shape)
    {
        var runs = Array.ConvertAll(shape.ToArray(), static size => new AxisRun(0, 1, size));
        return new LinkedRuns(runs, runs, [.. Enumerable.Range(0, shape.Rank).Select(axis => runs[axis].Count == 1 ? -1 : axis)]);
    }

    /// <summary>The same seen from the other side.</summary>
    public LinkedRuns Reverse()
    {
        var axes = new int[Right.Count];
        Array.Fill(axes, -1);
        for (var axis = 0; axis < RightAxis.Count; axis++)
        {
            if (RightAxis[axis] >= 0) { axes[RightAxis[axis]] = axis; }
        }
        return new LinkedRuns(Right, Left, axes);
    }

    /// <summary>From the right of this to the right of another, where both have the same tensor on their left; null where they share nothing there.</summary>
    public LinkedRuns? To(LinkedRuns other)
    {
        var (mine, theirs) = (Right.ToArray(), other.Right.ToArray());
        var axes = new int[mine.Length];
        Array.Fill(axes, -1);
        for (var axis = 0; axis < Left.Count; axis++)
        {
            var (a, b) = (Left[axis], other.Left[axis]);
            if (!a.TryMeet(b, out var atA, out var atB)) { return null; }
            if (RightAxis[axis] is >= 0 and var m) { mine[m] = atA.Of(mine[m]); }
            if (other.RightAxis[axis] is >= 0 and var t) { theirs[t] = atB.Of(theirs[t]); }
            if (atA.Count > 1) { axes[RightAxis[axis]] = other.RightAxis[axis]; }
        }
        return new LinkedRuns(mine, theirs, axes);
    }

    /// <summary>The part with one index on a left axis, or null where that is not among them.</summary>
    public LinkedRuns? At(int axis, long index)
    {
        if (!Left[axis].TryMeet(AxisRun.One(index), out var at, out _)) { return null; }
        var (left, right, axes) = (Left.ToArray(), Right.ToArray(), RightAxis.ToArray());
        left[axis] = AxisRun.One(index);
        if (axes[axis] is >= 0 and var other) { (right[other], axes[axis]) = (AxisRun.One(right[other][at.Start]), -1); }
        return new LinkedRuns(left, right, axes);
    }

    static void Cut(Side left, Side right, List<Pair> pairs, long[] leftStart, long[] rightStart, List<LinkedRuns> parts)
    {
        var runs = Joined(left, right, pairs);
        var again = runs.FindIndex(run => runs.Exists(other => other != run && (other.LeftAxis == run.LeftAxis || other.RightAxis == run.RightAxis)));
        if (again < 0) { parts.Add(Part(runs, leftStart, rightStart)); return; }
        // Two runs share a stored axis: the outer one is taken index by index.
        var outer = pairs.FindIndex(pair => left.Axes[pair.Left] == runs[again].LeftAxis && right.Axes[pair.Right] == runs[again].RightAxis);
        var rest = pairs.ToList();
        var taken = rest[outer];
        rest.RemoveAt(outer);
        for (var i = 0L; i < taken.Size; i++)
        {
            var (l, r) = ((long[])leftStart.Clone(), (long[])rightStart.Clone());
            l[left.Axes[taken.Left]] += i * left.Factors[taken.Left];
            r[right.Axes[taken.Right]] += i * right.Factors[taken.Right];
            Cut(left, right, rest, l, r, parts);
        }
    }

    /// <summary>Pairs of fine axes as runs of stored axes; neighbours that continue each other on both sides are one.</summary>
    static List<Run> Joined(Side left, Side right, List<Pair> pairs)
    {
        var runs = new List<Run>();
        foreach (var pair in pairs)
        {
            var run = new Run(left.Axes[pair.Left], left.Factors[pair.Left], right.Axes[pair.Right], right.Factors[pair.Right], pair.Size);
            if (runs.Count > 0 && runs[^1] is var last && last.LeftAxis == run.LeftAxis && last.RightAxis == run.RightAxis
                && last.LeftStep == run.LeftStep * run.Count && last.RightStep == run.RightStep * run.Count)
            {
                runs[^1] = run with { Count = run.Count * last.Count };
            }
            else { runs.Add(run); }
        }
        return runs;
    }

    static LinkedRuns Part(List<Run> runs, long[] leftStart, long[] rightStart)
    {
        var left = Array.ConvertAll(leftStart, AxisRun.One);
        var right = Array.ConvertAll(rightStart, AxisRun.One);
        var axes = new int[left.Length];
        Array.Fill(axes, -1);
        foreach (var run in runs)
        {
            left[run.LeftAxis] = new AxisRun(leftStart[run.LeftAxis], run.LeftStep, run.Count);
            right[run.RightAxis] = new AxisRun(rightStart[run.RightAxis], run.RightStep, run.Count);
            axes[run.LeftAxis] = run.RightAxis;
        }
        return new LinkedRuns(left, right, axes);
    }

    readonly record struct Pair(int Left, int Right, long Size);

    sealed record Run(int LeftAxis, long LeftStep, int RightAxis, long RightStep, long Count);

    sealed class Side
    {
        readonly Box _box;
        readonly int _rank;

        internal Side(MappedTensor tensor, Box box)
        {
            var splits = AxisSplits.Of(tensor.StoredShape, tensor.Shape);
            (_box, _rank, Axes, Factors) = (box, tensor.StoredShape.Rank, splits.StoredAxis, splits.Factor);
        }

        internal int[] Axes { get; }

        internal long[] Factors { get; }

        internal long[] Starts()
        {
            var starts = new long[_rank];
            for (var axis = 0; axis < Axes.Length; axis++) { starts[Axes[axis]] += _box.Offset[axis] * Factors[axis]; }
            return starts;
        }
    }
}
