using Ckpt.Data.Templates.Named;

namespace Ckpt.Trainer.Datasets;

/// <summary>A row to train on: one sample, or several packed.</summary>
/// <param name="Ids">Tokens.</param>
/// <param name="Labels">The same, or −100 where nothing is learned; not shifted.</param>
/// <param name="Weights">A weight of each label; null where all are 1.</param>
/// <param name="Boundaries">Where samples begin, and the end of the last.</param>
public sealed record TrainingRow(int[] Ids, int[] Labels, float[]? Weights, int[] Boundaries)
{
    /// <summary>The label of what is not learned.</summary>
    public const int Ignored = EncodedSample.NoLabel;

    /// <summary>Tokens.</summary>
    public int Length => Ids.Length;

    /// <summary>A row of one sample.</summary>
    public static TrainingRow Of(EncodedSample sample) =>
        new(sample.InputIds, sample.Labels ?? throw new ArgumentException("a sample without labels is not trained on", nameof(sample)), sample.Weights is { } weights ? [.. weights.Select(w => (float)w)] : null, [0, sample.InputIds.Length]);

    /// <summary>A row of one sample whose labels all count alike; of none where it has no tokens.</summary>
    public static IReadOnlyList<TrainingRow> Of(Data.Packing.EncodedSample sample)
    {
        if (sample.Length == 0) { return []; }
        var labels = (int[])sample.Labels.Clone();
        labels[0] = Ignored;
        return [new TrainingRow(sample.Ids, labels, null, [0, sample.Length])];
    }

    /// <summary>Rows one after the other. The first label of each is not learned: no token of its own comes before it.</summary>
    public static TrainingRow Joined(IReadOnlyList<TrainingRow> rows)
    {
        if (rows.Count == 1) { return rows[0]; }
        var total = rows.Sum(r => r.Length);
        var (ids, labels, weights) = (new int[total], new int[total], rows.Any(r => r.Weights is not null) ? new float[total] : null);
        var boundaries = new List<int>(rows.Count + 1) { 0 };
        var at = 0;
        foreach (var row in rows)
        {
            row.Ids.CopyTo(ids, at);
            row.Labels.CopyTo(labels, at);
            if (weights is not null)
            {
                if (row.Weights is { } own) { own.CopyTo(weights, at); }
                else { weights.AsSpan(at, row.Length).Fill(1); }
            }
            foreach (var end in row.Boundaries.AsSpan(1)) { boundaries.Add(at + end); }
            at += row.Length;
        }
        foreach (var start in boundaries)
        {
            if (start < total) { labels[start] = Ignored; }
        }
        return new TrainingRow(ids, labels, weights, [.. boundaries]);
    }
}
