namespace Ckpt.Trainer.Modeling;

/// <summary>Random numbers that depend on a seed and a name only: a parameter begins the same on whatever rank, in whatever order it is made.</summary>
sealed class SeededNumbers
{
    ulong _state;

    internal SeededNumbers(long seed, string name)
    {
        // FNV-1a over the name, begun with the seed.
        _state = 14695981039346656037UL ^ unchecked((ulong)seed * 0x9E3779B97F4A7C15UL);
        foreach (var letter in name) { _state = unchecked((_state ^ letter) * 1099511628211UL); }
    }

    /// <summary>Uniform in (−bound, bound).</summary>
    internal void Uniform(Span<float> target, double bound)
    {
        for (var i = 0; i < target.Length; i++) { target[i] = (float)(((2 * Next()) - 1) * bound); }
    }

    /// <summary>Normal around 0 (Box and Muller).</summary>
    internal void Normal(Span<float> target, double deviation)
    {
        for (var i = 0; i < target.Length; i += 2)
        {
            var (radius, angle) = (Math.Sqrt(-2 * Math.Log(1 - Next())) * deviation, 2 * Math.PI * Next());
            target[i] = (float)(radius * Math.Cos(angle));
            if (i + 1 < target.Length) { target[i + 1] = (float)(radius * Math.Sin(angle)); }
        }
    }

    // SplitMix64, of which the upper 53 bits.
    double Next()
    {
        var bits = _state += 0x9E3779B97F4A7C15UL;
        bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9UL;
        bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EBUL;
        return ((bits ^ (bits >> 31)) >> 11) * (1.0 / (1UL << 53));
    }
}
