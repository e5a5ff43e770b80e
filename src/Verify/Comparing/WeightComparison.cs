using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Running;
using Ckpt.Verify.Diagnosing;

namespace Ckpt.Verify.Comparing;

/// <summary>
/// Compares the weights of two checkpoints, whatever their formats, boxes and names: bits first, then statistics and the cause of what differs. Memory
/// is bounded by blocks and hashes of rows.
/// </summary>
public sealed class WeightComparison
{
    const int BlockElements = 1 << 17;

    readonly TensorStreams _a;
    readonly TensorStreams _b;
    readonly Tolerance _tolerance;
    readonly RunOptions _options;
    readonly IRunProgress _progress;
    readonly CancellationToken _cancel;

    WeightComparison(TensorStreams a, TensorStreams b, Tolerance tolerance, RunOptions options, IRunProgress progress, CancellationToken cancel)
    {
        (_a, _b, _tolerance, _options, _progress, _cancel) = (a, b, tolerance, options, progress, cancel);
    }

    /// <summary>Compares. The same checkpoints give the same report, whatever the number of threads.</summary>
    public static WeightReport Run(LogicalSide a, LogicalSide b, Tolerance tolerance, RunOptions options, IRunProgress progress, CancellationToken cancel)
    {
        var (namedA, namedB) = (a.Named, b.Named);
        var found = CheckpointComparison.Run(namedA, namedB, options, progress, cancel);
        if (found.IsEqual) { return new WeightReport(found, [], []); }
        var comparison = new WeightComparison(new TensorStreams(namedA), new TensorStreams(namedB), tolerance, options, progress, cancel);
        var (tensors, renamed) = comparison.LookInto(namedA, namedB, found);
        return new WeightReport(found, tensors, renamed, a.Map, b.Map);
    }

    (IReadOnlyList<TensorComparison> Tensors, IReadOnlyList<RenamedTensor> Renamed) LookInto(ICheckpointReader a, ICheckpointReader b, CheckpointDifference found)
    {
        var names = found.Bits.Differences.Select(static tensor => tensor.Name).Concat(found.Forms.Select(static form => form.Name)).ToHashSet(StringComparer.Ordinal);
        var (inA, inB) = (a.Tensors.Where(tensor => names.Contains(tensor.Name)).ToArray(), b.Tensors.ToDictionary(static tensor => tensor.Name, StringComparer.Ordinal));
        _progress.Begin("looking into differences", inA.Sum(static tensor => tensor.ByteLength));
        var diagnosis = new TensorDiagnosis(_a, _b, _cancel);
        var tensors = new List<TensorComparison>(inA.Length);
        foreach (var tensor in inA)
        {
            var other = inB[tensor.Name];
            var statistics = tensor.Shape == other.Shape && ElementValues.IsKnown(tensor.DType) && ElementValues.IsKnown(other.DType) ? Statistics(tensor, other) : null;
            var onlyTypes = statistics is { Different: 0 };
            tensors.Add(new TensorComparison(tensor, other, statistics, onlyTypes || !_a.Has(tensor.Name) || !_b.Has(tensor.Name) ? null : diagnosis.Of(tensor.Name, statistics)));
            _progress.Advance(tensor.ByteLength);
        }
        var renamed = found.OnlyInB.Where(_b.Has).Select(name => new RenamedTensor(diagnosis.SameElsewhere(name) ?? "", name)).Where(static pair => pair.NameA.Length > 0).ToArray();
        return (tensors, renamed);
    }

    DifferenceStatistics Statistics(TensorInfo a, TensorInfo b)
    {
        var (sourceA, sourceB) = (_a.Of(a.Name), _b.Of(b.Name));
        var count = a.Shape.Count;
        var parts = new StatisticsAccumulator[(count + BlockElements - 1) / BlockElements];
        OrderedParallel.For(parts.Length, _options.Threads, block =>
        {
            var first = block * BlockElements;
            var length = (int)Math.Min(BlockElements, count - first);
            var (bytesA, bytesB) = (new byte[length * a.DType.ByteSize()], new byte[length * b.DType.ByteSize()]);
            var (valuesA, valuesB) = (new double[length], new double[length]);
            sourceA.ReadExactly(first * a.DType.ByteSize(), bytesA);
            sourceB.ReadExactly(first * b.DType.ByteSize(), bytesB);
            ElementValues.Widen(a.DType, bytesA, valuesA);
            ElementValues.Widen(b.DType, bytesB, valuesB);
            parts[block] = new StatisticsAccumulator(a.DType, b.DType, _tolerance);
            parts[block].Add(first, bytesA, valuesA, bytesB, valuesB);
        }, _cancel);
        var all = new StatisticsAccumulator(a.DType, b.DType, _tolerance);
        foreach (var part in parts) { all.Merge(part); }
        return all.Result();
    }
}
