using System.Numerics.Tensors;
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
        return Draw(Candidates(logits), _random.NextDouble());
    }

    // The first of equals, as torch.argmax on the CPU.
    static int Best(ReadOnlySpan<float> logits) => TensorPrimitives.IndexOfMax(logits);

    // Likely tokens first, the lower index first among equals.
    List<(int Token, float Probability)> Candidates(ReadOnlySpan<float> probabilities)
    {
        // Of a hundred thousand tokens few are likely: all are sorted only where those are too few for what is asked.
        var kept = AtLeast(probabilities, TensorPrimitives.Max(probabilities) * LikelyShare);
        var sum = kept.Sum(static candidate => (double)candidate.Probability);
        var isEnough = options.TopK > 0 ? kept.Count >= options.TopK : sum >= options.TopP * TensorPrimitives.Sum(probabilities) && options.TopP < 1;
        if (!isEnough) { kept = AtLeast(probabilities, 0); }
        kept.Sort(static (one, other) => one.Probability != other.Probability ? other.Probability.CompareTo(one.Probability) : one.Token.CompareTo(other.Token));
        if (options.TopK > 0 && kept.Count > options.TopK) { kept.RemoveRange(options.TopK, kept.Count - options.TopK); }
        // top-p is of what top-k left.
        var all = options.TopK > 0 ? kept.Sum(static candidate => (double)candidate.Probability) : TensorPrimitives.Sum(probabilities);
        (sum, var count) = (0.0, 0);
        while (count < kept.Count && (count == 0 || sum < options.TopP * all)) { sum += kept[count++].Probability; }
        return kept[..count];
    }

    static List<(int Token, float Probability)> AtLeast(ReadOnlySpan<float> probabilities, float least)
    {
        var kept = new List<(int, float)>();
        for (var token = 0; token < probabilities.Length; token++)
        {
            if (probabilities[token] >= least) { kept.Add((token, probabilities[token])); }
        }
        return kept;
    }

    const float LikelyShare = 1e-5f;

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
