namespace Ckpt.Models.Adapters;

/// <summary>Finds the alpha that gives a scaling at a rank: the same double, as an integer where there is one.</summary>
static class AdapterScale
{
    internal static (double Alpha, bool UseRslora) Of(double scaling, int rank)
    {
        var plain = Exact(scaling, rank);
        if (plain is { } alpha && alpha == Math.Floor(alpha)) { return (alpha, false); }
        if (Exact(scaling, Math.Sqrt(rank)) is { } rooted && rooted == Math.Floor(rooted)) { return (rooted, true); }
        return (plain ?? scaling * rank, false);
    }

    /// <summary>What over <paramref name="divisor"/> is the scaling, bit for bit; null where no double near the product is.</summary>
    static double? Exact(double scaling, double divisor)
    {
        var near = scaling * divisor;
        foreach (var alpha in new[] { Math.Round(near), near, Math.BitIncrement(near), Math.BitDecrement(near) })
        {
            if (alpha / divisor == scaling) { return alpha; }
        }
        return null;
    }
}
