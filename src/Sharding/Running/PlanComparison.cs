using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Plans;

namespace Ckpt.Sharding.Running;

/// <summary>A tensor whose bytes differ.</summary>
/// <param name="Name">The target's name.</param>
/// <param name="FirstElement">Row-major place of the first differing element in the first differing box.</param>
/// <param name="Elements">How many elements differ.</param>
public readonly record struct TensorDifference(string Name, long FirstElement, long Elements);

/// <summary>What a comparison found.</summary>
/// <param name="Tensors">Tensors compared.</param>
/// <param name="Bytes">Bytes compared.</param>
/// <param name="Differences">The tensors that are not equal bit for bit, in layout order.</param>
public sealed record ComparisonReport(int Tensors, long Bytes, IReadOnlyList<TensorDifference> Differences)
{
    /// <summary>Whether every bit is equal.</summary>
    public bool IsEqual => Differences.Count == 0;
}

/// <summary>
/// Compares two sources bit for bit without writing either: both plans fill the same layout, block by block, in memory.
/// </summary>
public sealed class PlanComparison
{
    readonly (CopyPlan Plan, ICheckpointReader Reader) _a;
    readonly (CopyPlan Plan, ICheckpointReader Reader) _b;
    readonly RunOptions _options;
    readonly IRunProgress _progress;
    readonly CancellationToken _cancel;
    readonly (int Piece, long Start, int Length)[] _parts;
    readonly long[] _first;
    readonly long[] _count;
    int _next = -1;

    PlanComparison((CopyPlan, ICheckpointReader) a, (CopyPlan, ICheckpointReader) b, RunOptions options, IRunProgress progress, CancellationToken cancel)
    {
        (_a, _b, _options, _progress, _cancel) = (a, b, options, progress, cancel);
        _parts = [.. Parts(_a.Plan, options.BlockBytes)];
        _first = new long[_a.Plan.Layout.Tensors.Count];
        _count = new long[_first.Length];
        Array.Fill(_first, long.MaxValue);
    }

    /// <summary>Compares what two plans of the same layout would write.</summary>
    public static ComparisonReport Run(
        CopyPlan planA, ICheckpointReader a, CopyPlan planB, ICheckpointReader b, RunOptions options, IRunProgress progress, CancellationToken cancel)
    {
        if (!ReferenceEquals(planA.Layout, planB.Layout)) { throw new ArgumentException("the plans are of two layouts", nameof(planB)); }
        var budget = MemoryBudget.Fit(planA, options with { BlockBytes = options.BlockBytes * 2 }, Both(a.ReadingCost, b.ReadingCost));
        var run = new PlanComparison((planA, a), (planB, b), options, progress, cancel);
        progress.Begin("comparing", run._parts.Sum(static p => (long)p.Length));
        WorkerThreads.Run(budget.Threads, run.Compare, () => Interlocked.Exchange(ref run._next, run._parts.Length));
        return run.Report();
    }

    static ReadingCost Both(ReadingCost a, ReadingCost b) => new(a.FixedBytes + b.FixedBytes, a.BytesPerThread + b.BytesPerThread);

    /// <summary>A layout in memory of whole tensors, for comparing what is not written in a common form.</summary>
    public static CheckpointLayout InMemory(IReadOnlyList<TensorTarget> targets)
    {
        var data = new List<DataRange>(targets.Count);
        var end = 0L;
        for (var t = 0; t < targets.Count; t++)
        {
            for (var box = 0; box < targets[t].Boxes.Count; box++)
            {
                var length = targets[t].DType.ByteLength(targets[t].Boxes[box].Volume);
                data.Add(new DataRange(end, length, t, box));
                end += length;
            }
        }
        return new CheckpointLayout(targets, [new FileLayout("memory", end, data, [])], []);
    }

    static IEnumerable<(int Piece, long Start, int Length)> Parts(CopyPlan plan, int blockBytes)
    {
        for (var p = 0; p < plan.Pieces.Count; p++)
        {
            var length = plan.Layout.Files[plan.Pieces[p].File].Data[plan.Pieces[p].Range].Length;
            for (var start = 0L; start < length; start += blockBytes) { yield return (p, start, (int)Math.Min(blockBytes, length - start)); }
        }
    }

    void Compare()
    {
        var fillA = new BlockAssembler(_a.Reader, _options.BlockBytes);
        var fillB = new BlockAssembler(_b.Reader, _options.BlockBytes);
        var bytesA = new byte[_options.BlockBytes];
        var bytesB = new byte[_options.BlockBytes];
        while (Interlocked.Increment(ref _next) is var i && i < _parts.Length)
        {
            _cancel.ThrowIfCancellationRequested();
            var (p, start, length) = _parts[i];
            var piece = _a.Plan.Pieces[p];
            var range = _a.Plan.Layout.Files[piece.File].Data[piece.Range];
            var dtype = _a.Plan.Layout.Tensors[range.Tensor].DType;
            fillA.Fill(_a.Plan, piece, dtype, start, bytesA.AsSpan(0, length));
            fillB.Fill(_b.Plan, _b.Plan.Pieces[p], dtype, start, bytesB.AsSpan(0, length));
            if (!bytesA.AsSpan(0, length).SequenceEqual(bytesB.AsSpan(0, length))) { Count(range.Tensor, dtype, start, bytesA.AsSpan(0, length), bytesB.AsSpan(0, length)); }
            _progress.Advance(length);
        }
    }

    void Count(int tensor, DType dtype, long start, ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        var size = Math.Max(1, dtype.ByteSize());
        var (first, count) = (long.MaxValue, 0L);
        for (var i = 0; i < a.Length; i += size)
        {
            if (a.Slice(i, size).SequenceEqual(b.Slice(i, size))) { continue; }
            first = Math.Min(first, (start + i) / size);
            count++;
        }
        lock (_count)
        {
            _first[tensor] = Math.Min(_first[tensor], first);
            _count[tensor] += count;
        }
    }

    ComparisonReport Report()
    {
        var differences = new List<TensorDifference>();
        for (var t = 0; t < _count.Length; t++)
        {
            if (_count[t] > 0) { differences.Add(new TensorDifference(_a.Plan.Layout.Tensors[t].Name, _first[t], _count[t])); }
        }
        return new ComparisonReport(_count.Length, _parts.Sum(static p => (long)p.Length), differences);
    }
}
