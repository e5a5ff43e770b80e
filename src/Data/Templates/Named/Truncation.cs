namespace Ckpt.Data.Templates.Named;

/// <summary>Samples that are too long (TPL-8.4).</summary>
public static class Truncation
{
    /// <summary>What is left of a sample: itself where it is short enough, nothing where it is left out.</summary>
    public static IReadOnlyList<EncodedSample> Apply(EncodedSample sample, int most, TruncationStrategy strategy)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        var length = sample.InputIds.Length;
        if (length <= most) { return [sample]; }
        return strategy switch
        {
            TruncationStrategy.Left => [Cut(sample, (length - most)..)],
            TruncationStrategy.Right => [Cut(sample, ..most)],
            TruncationStrategy.Split => [.. Enumerable.Range(0, (length + most - 1) / most).Select(i => Cut(sample, (i * most)..Math.Min((i + 1) * most, length)))],
            _ => [],
        };
    }

    /// <summary>A part of a sample; its first token has nothing to be predicted from.</summary>
    static EncodedSample Cut(EncodedSample sample, Range range)
    {
        var (ids, labels, weights) = (sample.InputIds[range], sample.Labels?[range], sample.Weights?[range]);
        if (labels is not null) { labels[0] = EncodedSample.NoLabel; }
        if (weights is not null) { weights[0] = 0; }
        return new EncodedSample(ids, labels, weights);
    }
}
