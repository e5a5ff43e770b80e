namespace Ckpt.Data.Datasets;

/// <summary>
/// The generator behind every shuffle, sample and mix (DAT-4.1): SplitMix64 (Steele, Lea and Flood 2014), so that a seed means the same
/// order in every version and can be repeated anywhere. A number below a bound takes the high half of the 128-bit product, and draws
/// again where that would favour small numbers (Lemire 2019).
/// </summary>
public sealed class SeededNumbers(ulong seed)
{
    ulong _state = seed;

    /// <summary>The next 64 bits.</summary>
    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        var z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A number from 0 to below <paramref name="bound"/>, each as likely.</summary>
    public long Below(long bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        var limit = (ulong)bound;
        while (true)
        {
            var high = Math.BigMul(Next(), limit, out var low);
            if (low >= limit || low >= (0 - limit) % limit) { return (long)high; }
        }
    }

    /// <summary>A number from 0 to below 1, of 53 bits.</summary>
    public double Fraction() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Shuffles from the end down (Fisher and Yates; Durstenfeld 1964).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var other = (int)Below(i + 1L);
            (items[i], items[other]) = (items[other], items[i]);
        }
    }
}
