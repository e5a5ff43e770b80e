namespace Ckpt.Verify.Passes;

/// <summary>Which of distances that follow each other is where two passes part (VER-2.4).</summary>
static class PartingRule
{
    // Sums in another order are 1e-7 apart; ten times what came before is more than a layer makes of it.
    const double Noise = 1e-6;
    const double Growth = 10;

    /// <summary>The first that is more than ten times as large as any before and more than rounding, else the first that is not 0; −1 where all are.</summary>
    internal static int First(IReadOnlyList<double> distances, double before)
    {
        var most = before;
        for (var i = 0; i < distances.Count; i++)
        {
            if (distances[i] > Noise && distances[i] > Growth * most) { return i; }
            most = Math.Max(most, distances[i]);
        }
        return Enumerable.Range(0, distances.Count).FirstOrDefault(i => distances[i] != 0, -1);
    }
}
