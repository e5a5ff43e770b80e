namespace Ckpt.Verify.Passes;

/// <summary>Gathers how far logits are apart, token by token, in float64.</summary>
sealed class LogitAccumulator
{
    readonly List<double> _means = [];
    readonly List<ChosenTokens> _chosen = [];
    Tally _all, _loss;
    bool _hasLoss;
    double _product, _squaresA, _squaresB, _divergence, _sum;
    long _count;

    /// <summary>Means, largest and different choices of some tokens.</summary>
    struct Tally
    {
        int _tokens, _differ;
        double _means, _max;

        internal void Add(double mean, double max, bool differ)
        {
            _tokens++;
            _means += mean;
            // A NaN stays.
            _max = double.IsNaN(max) || max > _max ? max : _max;
            _differ += differ ? 1 : 0;
        }

        internal readonly LogitDistance Result() => new(_tokens, _tokens == 0 ? 0 : _means / _tokens, _max, _differ);
    }

    /// <summary>The sum of squares of the first's logits minus the mean, by their number, rooted.</summary>
    double Deviation => _count == 0 ? 0 : Math.Sqrt(Math.Max(0, (_squaresA / _count) - (_sum / _count * (_sum / _count))));

    /// <summary>Adds the logits of a sample, a row for each token.</summary>
    internal void Add(PassSample sample, Func<int, (ReadOnlyMemory<float> A, ReadOnlyMemory<float> B)> rows)
    {
        _hasLoss |= sample.Trained is not null;
        var (chosenA, chosenB) = (new int[sample.Tokens.Length], new int[sample.Tokens.Length]);
        for (var token = 0; token < sample.Tokens.Length; token++)
        {
            var (rowA, rowB) = rows(token);
            var a = rowA.Span;
            var b = rowB.Span;
            var (mean, max) = Distances(a, b);
            (chosenA[token], chosenB[token]) = (Best(a), Best(b));
            _means.Add(mean);
            _divergence += Divergence(a, b);
            var differ = chosenA[token] != chosenB[token];
            _all.Add(mean, max, differ);
            if (sample.HasLoss(token)) { _loss.Add(mean, max, differ); }
        }
        _chosen.Add(new ChosenTokens(chosenA, chosenB));
    }

    internal PassReport Result(IReadOnlyList<StateDifference> states, int vocabulary) => new()
    {
        TokenMeanDiff = _means,
        All = _all.Result(),
        WithLoss = _hasLoss ? _loss.Result() : null,
        Chosen = _chosen,
        Cosine = _squaresA == 0 || _squaresB == 0 ? _squaresA == _squaresB ? 1 : 0 : Math.Clamp(_product / Math.Sqrt(_squaresA * _squaresB), -1, 1),
        Divergence = _means.Count == 0 ? 0 : _divergence / _means.Count,
        Deviation = Deviation,
        States = states,
        Vocabulary = vocabulary,
    };

    (double Mean, double Max) Distances(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var (sum, max) = (0.0, 0.0);
        for (var i = 0; i < a.Length; i++)
        {
            double x = a[i], y = b[i];
            var distance = x == y ? 0 : Math.Abs(x - y);
            sum += distance;
            if (double.IsNaN(distance) || distance > max) { max = distance; }
            _product += x * y;
            _squaresA += x * x;
            _squaresB += y * y;
            _sum += x;
        }
        _count += a.Length;
        return (a.Length == 0 ? 0 : sum / a.Length, max);
    }

    /// <summary>The first of the largest, as torch's argmax on the CPU gives it; of a row with NaN the first NaN.</summary>
    static int Best(ReadOnlySpan<float> row)
    {
        var best = 0;
        for (var i = 0; i < row.Length; i++)
        {
            if (float.IsNaN(row[i])) { return i; }
            if (row[i] > row[best]) { best = i; }
        }
        return best;
    }

    /// <summary>The sum of p · (ln p − ln q).</summary>
    static double Divergence(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        if (a.SequenceEqual(b)) { return 0; }
        var (normA, normB) = (LogSum(a), LogSum(b));
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++)
        {
            var (p, q) = (a[i] - normA, b[i] - normB);
            if (!double.IsNegativeInfinity(p)) { sum += Math.Exp(p) * (p - q); }
        }
        return Math.Max(0, sum);
    }

    static double LogSum(ReadOnlySpan<float> row)
    {
        double max = float.NegativeInfinity, sum = 0;
        foreach (var value in row) { max = Math.Max(max, value); }
        foreach (var value in row) { sum += Math.Exp(value - max); }
        return max + Math.Log(sum);
    }
}
