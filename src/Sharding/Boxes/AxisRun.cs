namespace Ckpt.Sharding.Boxes;

/// <summary>Indices of one axis: <paramref name="Count"/> of them from <paramref name="Start"/>, <paramref name="Step"/> apart.</summary>
public readonly record struct AxisRun(long Start, long Step, long Count)
{
    /// <summary>One index.</summary>
    public static AxisRun One(long index) => new(index, 1, 1);

    /// <summary>The index at a place of the run.</summary>
    public long this[long place] => Start + (place * Step);

    /// <summary>What two runs share, as places in each.</summary>
    public bool TryMeet(AxisRun other, out AxisRun here, out AxisRun there)
    {
        (here, there) = (default, default);
        // The first index of this run that the other steps on is among as many as that one's step is long.
        var skip = Math.Max(0, (other.Start - Start + Step - 1) / Step);
        for (var tried = 0L; tried < other.Step && skip < Count; tried++, skip++)
        {
            var (place, rest) = Math.DivRem(this[skip] - other.Start, other.Step);
            if (rest != 0) { continue; }
            if (place >= other.Count) { return false; }
            var common = Step / Gcd(Step, other.Step) * other.Step;
            var count = Math.Min((Count - 1 - skip) / (common / Step), (other.Count - 1 - place) / (common / other.Step)) + 1;
            here = new AxisRun(skip, common / Step, count);
            there = new AxisRun(place, common / other.Step, count);
            return true;
        }
        return false;
    }

    static long Gcd(long a, long b) => b == 0 ? a : Gcd(b, a % b);

    /// <summary>Places [first, first + count) of the run, as a run.</summary>
    public AxisRun Part(long first, long count) => new(this[first], Step, count);

    /// <summary>The run's indices of another run's indices: this one picks, <paramref name="from"/> says what is picked.</summary>
    public AxisRun Of(AxisRun from) => new(from[Start], from.Step * Step, Count);
}
