namespace Ckpt.Data.Packing;

/// <summary>Several samples in one sequence, and where each begins.</summary>
/// <param name="Ids">The ids of all, one after the other.</param>
/// <param name="Labels">Their labels.</param>
/// <param name="Positions">Position ids, which begin at 0 in each sample (DAT-5.5).</param>
/// <param name="Boundaries">Where samples begin, and the end of the last: what attention kernels call cu_seqlens.</param>
public sealed record PackedSequence(int[] Ids, int[] Labels, int[] Positions, int[] Boundaries)
{
    /// <summary>Puts samples one after the other. The first label of each is not learned: no token of its own comes before it.</summary>
    public static PackedSequence Of(IReadOnlyList<EncodedSample> samples)
    {
        var total = samples.Sum(s => s.Length);
        var (ids, labels, positions, boundaries) = (new int[total], new int[total], new int[total], new int[samples.Count + 1]);
        var at = 0;
        for (var s = 0; s < samples.Count; s++)
        {
            var sample = samples[s];
            sample.Ids.CopyTo(ids, at);
            sample.Labels.CopyTo(labels, at);
            if (sample.Length > 0) { labels[at] = EncodedSample.Ignored; }
            for (var i = 0; i < sample.Length; i++) { positions[at + i] = i; }
            at += sample.Length;
            boundaries[s + 1] = at;
        }
        return new PackedSequence(ids, labels, positions, boundaries);
    }
}
