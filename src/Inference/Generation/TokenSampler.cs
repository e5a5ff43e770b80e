using Ckpt.Inference.Kernels;

namespace Ckpt.Inference.Generation;

/// <summary>Chooses one sequence's next tokens from their logits, in transformers' order: penalty, temperature, top-k, top-p.</summary>
sealed class TokenSampler(GenerationOptions options, int sequence)
{
    // Sequences draw from different numbers, whichever others run beside them.
    const int SeedStep = 7919;

    readonly Random _random = new(unchecked(options.Seed + (sequence * SeedStep)));

    /// <summary>The next token.</summary>
    /// <param name="logits">Changed.</param>
    /// <param name="seen">The sequence's tokens.</param>
    internal int Next(Span<float> logits, IEnumerable<int> seen)
    {
        if (options.RepetitionPenalty != 1)
        {
            foreach (var token in seen.Distinct()) { logits[token] = logits[token] < 0 ? logits[token] * options.RepetitionPenalty : logits[token] / options.RepetitionPenalty; }
        }
        if (options.Temperature <= 0) { return Best(logits); }
        Lanes.Scale(logits, 1 / options.Temperature);
        SoftMax.Apply(logits);
        return Draw(Candidates(logits.ToArray()), _random.NextDouble());
    }

    // The first of equals, as torch.argmax on the CPU.
    static int Best(ReadOnlySpan<float> logits)
    {
        var best = 0;
        for (var token = 1; token < logits.Length; token++)
        {
            if (logits[token] > logits[best]) { best = token; }
        }
        return best;
    }

    List<(int Token, float Probability)> Candidates(float[] probabilities)
    {
        var order = Enumerable.Range(0, probabilities.Length).OrderByDescending(token => probabilities[token]).Select(token => (token, probabilities[token]));
        var kept = (options.TopK > 0 ? order.Take(options.TopK) : order).ToList();
        // top-p is of what top-k left.
        var all = kept.Sum(static candidate => (double)candidate.Item2);
        var (sum, count) = (0.0, 0);
        while (count < kept.Count && (count == 0 || sum < options.TopP * all)) { sum += kept[count++].Item2; }
        return kept[..count];
    }

    static int Draw(List<(int Token, float Probability)> candidates, double share)
    {
        var left = share * candidates.Sum(static candidate => (double)candidate.Probability);
        foreach (var (token, probability) in candidates)
        {
            left -= probability;
            if (left < 0) { return token; }
        }
        return candidates[^1].Token;
    }
}
