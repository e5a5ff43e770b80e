using System.Runtime.InteropServices;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Sharding.Running;
using Ckpt.Verify.Comparing;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.Verify;

public sealed class ComparisonLaws
{
    static readonly Tolerance s_exact = new(0, 0);

    /// <summary>float32 vectors with few changed places, odd numbers among them, against one plain loop over doubles.</summary>
    [Fact, Clause("VFY-1.2")]
    public void StatisticsAreThoseOfAPlainLoop() => Law.Holds(
        from count in Gen.Frequency((19, Gen.Choose(1, 4_000)), (1, Gen.Choose(131_000, 280_000)))
        from changes in Gen.Choose(1, 40)
        from seed in Gen.Choose(0, 1 << 20)
        select (count, changes, seed),
        c =>
        {
            var random = new Random(c.seed);
            var (a, b) = (new float[c.count], new float[c.count]);
            for (var i = 0; i < a.Length; i++) { a[i] = b[i] = (random.NextSingle() - 0.5f) * 4; }
            for (var i = 0; i < c.changes; i++) { b[random.Next(c.count)] += (random.NextSingle() - 0.5f) / 8; }
            if (c.seed % 3 == 0) { a[random.Next(c.count)] = float.NaN; b[random.Next(c.count)] = float.PositiveInfinity; }
            if (MemoryMarshal.AsBytes<float>(a).SequenceEqual(MemoryMarshal.AsBytes<float>(b))) { return true; }
            return Matches(Of(a, b).Tensors.Single().Statistics!, a, b);
        });

    static bool Matches(DifferenceStatistics found, float[] a, float[] b)
    {
        var (different, first, max, sum, squares, squaresA, squaresB, product, nans, mismatches) = (0L, -1L, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0L, 0L);
        var steps = new long[40];
        for (var i = 0; i < a.Length; i++)
        {
            double x = a[i], y = b[i];
            if (double.IsNaN(x)) { nans++; }
            if (double.IsNaN(x) != double.IsNaN(y)) { mismatches++; }
            if (BitConverter.SingleToInt32Bits(a[i]) != BitConverter.SingleToInt32Bits(b[i])) { different++; if (first < 0) { first = i; } }
            if (!double.IsNaN(x) && !double.IsNaN(y)) { steps[Bucket(a[i], b[i])]++; }
            if (!double.IsFinite(x) || !double.IsFinite(y)) { continue; }
            (max, sum, squares) = (Math.Max(max, Math.Abs(x - y)), sum + Math.Abs(x - y), squares + ((x - y) * (x - y)));
            (squaresA, squaresB, product) = (squaresA + (x * x), squaresB + (y * y), product + (x * y));
        }
        return found.Different == different && found.First == first && found.MaxDiff == max && found.NaNsA == nans && found.NaNMismatches == mismatches
            && Near(found.MeanDiff, sum / a.Length) && Near(found.RelativeL2, Math.Sqrt(squares / squaresA)) && Near(found.Cosine, product / Math.Sqrt(squaresA * squaresB))
            && found.Steps!.SequenceEqual(steps.Take(found.Steps!.Count)) && steps.Skip(found.Steps!.Count).All(static count => count == 0)
            && found.Worst.Count == Math.Min(10, different) && found.Worst.Zip(found.Worst.Skip(1)).All(static pair => pair.First.Distance >= pair.Second.Distance)
            && found.Worst[0].Distance == (mismatches > 0 || b.Any(float.IsInfinity) ? double.PositiveInfinity : max);
    }

    /// <summary>The power of two below the number of floats from one to the other, counted by stepping or by their bits.</summary>
    static int Bucket(float a, float b)
    {
        if (float.IsInfinity(a) || float.IsInfinity(b) || Math.Sign(a) * Math.Sign(b) < 0)
        {
            var apart = Math.Abs(Signed(a) - Signed(b));
            return apart == 0 ? 0 : (int)Math.Floor(Math.Log2(apart)) + 1;
        }
        var steps = 0L;
        for (var at = Math.Min(a, b); at < Math.Max(a, b) && steps < 1000; at = MathF.BitIncrement(at)) { steps++; }
        if (steps >= 1000) { steps = Math.Abs(Signed(a) - Signed(b)); }
        return steps == 0 ? 0 : (int)Math.Floor(Math.Log2(steps)) + 1;
    }

    static long Signed(float value) => value < 0 ? -(BitConverter.SingleToInt32Bits(value) & 0x7FFF_FFFF) : BitConverter.SingleToInt32Bits(value);

    static bool Near(double a, double b) => Math.Abs(a - b) <= 1e-12 * Math.Max(1e-300, Math.Abs(b));

    [Fact, Clause("VFY-1.2")]
    public void TheNumberOfThreadsChangesNothing()
    {
        var random = new Random(5);
        var (a, b) = (new float[300_000], new float[300_000]);
        for (var i = 0; i < a.Length; i++) { (a[i], b[i]) = (random.NextSingle(), random.NextSingle()); }
        var (one, many) = (Of(a, b, threads: 1).Tensors[0].Statistics!, Of(a, b, threads: 7).Tensors[0].Statistics!);
        Assert.Equal((one.MeanDiff, one.RelativeL2, one.Cosine, one.MaxDiff), (many.MeanDiff, many.RelativeL2, many.Cosine, many.MaxDiff));
        Assert.Equal(one.Worst, many.Worst);
        Assert.Null(Of(a, b).Tensors[0].Diagnosis);
    }

    [Fact, Clause("VFY-1.3")]
    public void EqualValuesOfAnotherTypeAreTheirOwnVerdict()
    {
        var wide = new float[] { 1, -2.5f, 0, 1024 };
        var narrow = wide.SelectMany(static value => BitConverter.GetBytes((Half)value)).ToArray();
        using var a = new MemoryCheckpoint().Add("w", DType.F32, new Shape(4), [.. wide.SelectMany(BitConverter.GetBytes)]);
        using var b = new MemoryCheckpoint().Add("w", DType.F16, new Shape(4), narrow);
        var report = Run(a, b, s_exact, 0);
        Assert.False(report.IsEqual);
        Assert.True(Assert.Single(report.Tensors).OnlyTypesDiffer);
        Assert.True(report.IsWithin);
    }

    [Fact, Clause("VFY-1.4")]
    public void ATensorIsWithinAToleranceByNumpysRule()
    {
        var report = Of([1, 100, 0], [1.01f, 101, 0], new Tolerance(0.011, 0));
        Assert.True(report.IsWithin);
        Assert.False(report.IsEqual);
        Assert.Equal(1, Of([1, 100, 0], [1.01f, 101, 1e-3f], new Tolerance(0.011, 0)).Tensors[0].Statistics!.Outside);
        Assert.True(Of([1, 100, 0], [1.01f, 101, 1e-3f], new Tolerance(0.011, 2e-3)).IsWithin);
        Assert.False(Of([1, float.NaN], [1, 2], new Tolerance(1, 1)).IsWithin);
    }

    static WeightReport Of(float[] a, float[] b, Tolerance tolerance = default, int threads = 0)
    {
        using var inA = new MemoryCheckpoint().Add("w", DType.F32, new Shape(a.Length), MemoryMarshal.AsBytes<float>(a).ToArray());
        using var inB = new MemoryCheckpoint().Add("w", DType.F32, new Shape(b.Length), MemoryMarshal.AsBytes<float>(b).ToArray(), Cuts.Of(new Shape(b.Length), 3, 3));
        return Run(inA, inB, tolerance, threads);
    }

    static WeightReport Run(MemoryCheckpoint a, MemoryCheckpoint b, Tolerance tolerance, int threads) =>
        WeightComparison.Run(new LogicalSide(a, null), new LogicalSide(b, null), tolerance, new RunOptions { Threads = threads, BlockBytes = 64 << 10 }, new NoProgress(), CancellationToken.None);
}
