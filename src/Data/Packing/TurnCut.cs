namespace Ckpt.Data.Packing;

/// <summary>Shortens a conversation turn by turn, so that questions and answers both keep a part.</summary>
public static class TurnCut
{
    /// <summary>
    /// The sample in at most <paramref name="most"/> tokens: turns (a stretch that is not learned and the one behind it that is) are taken
    /// in order, each cut by <paramref name="rule"/> to what is left.
    /// </summary>
    public static EncodedSample Cut(EncodedSample sample, int most, Func<int, int, int, (int Source, int Target)> rule)
    {
        if (sample.Length <= most) { return sample; }
        var (ids, labels) = (new List<int>(most), new List<int>(most));
        foreach (var (start, answer, end) in Turns(sample.Labels))
        {
            var rest = most - ids.Count;
            if (rest <= 0) { break; }
            var (source, target) = answer - start + (end - answer) <= rest ? (answer - start, end - answer) : rule(answer - start, end - answer, rest);
            Add(start, source);
            Add(answer, target);
        }
        return new EncodedSample([.. ids], [.. labels]);

        void Add(int from, int count)
        {
            ids.AddRange(sample.Ids.AsSpan(from, count));
            labels.AddRange(sample.Labels.AsSpan(from, count));
        }
    }

    /// <summary>Where turns begin, where their answers do, and where they end.</summary>
    internal static IEnumerable<(int Start, int Answer, int End)> Turns(int[] labels)
    {
        for (var start = 0; start < labels.Length;)
        {
            var answer = Array.FindIndex(labels, start, l => l != EncodedSample.Ignored);
            answer = answer < 0 ? labels.Length : answer;
            var end = Array.IndexOf(labels, EncodedSample.Ignored, answer);
            end = end < 0 ? labels.Length : end;
            yield return (start, answer, end);
            start = end;
        }
    }
}
