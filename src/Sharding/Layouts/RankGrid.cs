using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;

namespace Ckpt.Sharding.Layouts;

/// <summary>
/// Numbers processes as Megatron does: the same processes form a dense grid (TP·CP·DP·PP) and one of experts (ETP·EP·EDP·PP), both laid
/// out by one order of axes, the first running fastest.
/// </summary>
public sealed class RankGrid
{
    const int Axes = 5;

    readonly int[] _dense;
    readonly int[] _experts;
    readonly int[] _denseSteps;
    readonly int[] _expertSteps;

    RankGrid(ParallelSizes sizes, RankOrder order)
    {
        (Sizes, Order) = (sizes, order);
        ExpertData = World / (sizes.ExpertTensorSize * sizes.Expert * sizes.Pipeline);
        // In the order of RankAxis.
        _dense = [sizes.Tensor, sizes.Context, 1, sizes.Data!.Value, sizes.Pipeline];
        _experts = [sizes.ExpertTensorSize, 1, sizes.Expert, ExpertData, sizes.Pipeline];
        _denseSteps = Steps(_dense);
        _expertSteps = Steps(_experts);
        var (dense, experts) = (_denseSteps[(int)RankAxis.Pipeline], _expertSteps[(int)RankAxis.Pipeline]);
        if (sizes.Pipeline > 1 && dense != experts) { Throw.OtherStages(order, sizes, dense, experts); }
    }

    /// <summary>The sizes, with everything worked out.</summary>
    public ParallelSizes Sizes { get; }

    /// <summary>The order of axes.</summary>
    public RankOrder Order { get; }

    /// <summary>How many processes there are.</summary>
    public int World => Sizes.World!.Value;

    /// <summary>How many replicas of an expert there are.</summary>
    public int ExpertData { get; }

    /// <summary>The grid of some sizes.</summary>
    /// <exception cref="LayoutException">The sizes have no such grid.</exception>
    public static RankGrid Of(ParallelSizes sizes, RankOrder? order = null) => new(sizes.Resolve(), order ?? RankOrder.Default);

    /// <summary>Where a process is.</summary>
    public RankPlace this[int rank]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(rank);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rank, World);
            return new RankPlace(
                rank, Dense(rank, RankAxis.Pipeline), Dense(rank, RankAxis.Tensor), Dense(rank, RankAxis.Context), Dense(rank, RankAxis.Data),
                Expert(rank, RankAxis.Tensor), Expert(rank, RankAxis.Expert), Expert(rank, RankAxis.Data));
        }
    }

    /// <summary>The process at a place of the dense grid.</summary>
    public int RankAt(int tensor, int context, int data, int pipeline) => At(_dense, _denseSteps, [tensor, context, 0, data, pipeline]);

    /// <summary>The process at a place of the grid of experts.</summary>
    public int ExpertRankAt(int expertTensor, int expert, int expertData, int pipeline) =>
        At(_experts, _expertSteps, [expertTensor, 0, expert, expertData, pipeline]);

    /// <summary>The processes of the dense grid that differ from one along these axes only, ascending by Megatron's order.</summary>
    public IReadOnlyList<int> GroupOf(int rank, params ReadOnlySpan<RankAxis> axes) => Group(rank, _dense, _denseSteps, axes);

    /// <summary>The processes of the experts' grid that differ from one along these axes only, ascending by Megatron's order.</summary>
    public IReadOnlyList<int> ExpertGroupOf(int rank, params ReadOnlySpan<RankAxis> axes) => Group(rank, _experts, _expertSteps, axes);

    /// <summary>
    /// The processes that hold different parts of the model: for each tensor, stage, expert and expert tensor coordinate that occur
    /// together the first, by ascending number. A legacy checkpoint has one folder for each (tensor, pipeline, expert) among them.
    /// </summary>
    public IEnumerable<RankPlace> ModelRanks()
    {
        var seen = new HashSet<(int, int, int, int)>();
        for (var rank = 0; rank < World; rank++)
        {
            var place = this[rank];
            if (seen.Add((place.Pipeline, place.Tensor, place.Expert, place.ExpertTensor))) { yield return place; }
        }
    }

    /// <summary>LAY-2.2: the first axis named runs fastest.</summary>
    int[] Steps(int[] sizes)
    {
        var steps = new int[Axes];
        var step = 1;
        foreach (var axis in Order.Axes)
        {
            steps[(int)axis] = step;
            step *= sizes[(int)axis];
        }
        for (var axis = 0; axis < Axes; axis++)
        {
            if (steps[axis] != 0) { continue; }
            if (sizes[axis] > 1) { Throw.NotNamed(Order, (RankAxis)axis, sizes[axis]); }
            steps[axis] = step;
        }
        return steps;
    }

    int Dense(int rank, RankAxis axis) => rank / _denseSteps[(int)axis] % _dense[(int)axis];

    int Expert(int rank, RankAxis axis) => rank / _expertSteps[(int)axis] % _experts[(int)axis];

    static int At(int[] sizes, int[] steps, ReadOnlySpan<int> place)
    {
        var rank = 0;
        for (var axis = 0; axis < Axes; axis++)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(place[axis], RankOrder.NameOf((RankAxis)axis));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(place[axis], sizes[axis], RankOrder.NameOf((RankAxis)axis));
            rank += place[axis] * steps[axis];
        }
        return rank;
    }

    List<int> Group(int rank, int[] sizes, int[] steps, ReadOnlySpan<RankAxis> axes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rank);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rank, World);
        var members = new List<int> { rank };
        foreach (var axis in Order.Axes)
        {
            if (!axes.Contains(axis)) { continue; }
            var (size, step) = (sizes[(int)axis], steps[(int)axis]);
            var bases = members.ConvertAll(member => member - (member / step % size * step));
            members.Clear();
            for (var i = 0; i < size; i++) { members.AddRange(bases.ConvertAll(first => first + (i * step))); }
        }
        return members;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void NotNamed(RankOrder order, RankAxis axis, int size) => throw new LayoutException(
            "LAY-2.1", ParallelSizes.Where, $"the rank order {Quoted.Name(order.Text)} does not name {RankOrder.NameOf(axis)}, whose size is {size}");

        [DoesNotReturn]
        internal static void OtherStages(RankOrder order, ParallelSizes sizes, int dense, int experts) => throw new LayoutException(
            "LAY-2.3", ParallelSizes.Where,
            $"in the rank order {Quoted.Name(order.Text)} stages of the dense part are {dense} ranks apart, those of experts (ETP {sizes.ExpertTensorSize}, EP {sizes.Expert}) {experts}; they must be the same");
    }
}
