namespace Ckpt.Data.Packing;

/// <summary>Applies a strategy.</summary>
public static class LengthStrategies
{
    /// <summary>The samples that a sample becomes, each of at most <paramref name="most"/> tokens; none where it is left out (DAT-5.1).</summary>
    public static IReadOnlyList<EncodedSample> Apply(this LengthStrategy strategy, EncodedSample sample, int most)
    {
        if (sample.Length <= most) { return [sample]; }
        return strategy switch
        {
            LengthStrategy.Delete => [],
            LengthStrategy.Left => [Part(sample, sample.Length - most, most)],
            LengthStrategy.Right => [Part(sample, 0, most)],
            _ => [.. Enumerable.Range(0, (sample.Length + most - 1) / most).Select(i => Part(sample, i * most, Math.Min(most, sample.Length - (i * most))))],
        };
    }

    static EncodedSample Part(EncodedSample sample, int from, int count) => new(sample.Ids[from..(from + count)], sample.Labels[from..(from + count)]);
}
