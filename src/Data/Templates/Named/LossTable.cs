using System.Text.RegularExpressions;

namespace Ckpt.Data.Templates.Named;

/// <summary>Weights for parts of an answer: words that begin a part with a weight of their own, or patterns with the weight of what they match.</summary>
sealed class LossTable
{
    readonly (string Key, double KeyWeight, double Weight)[] _words;
    readonly (Regex Pattern, double Weight)[] _patterns;

    LossTable((string Key, double KeyWeight, double Weight)[] words, (string Pattern, double Weight)[] patterns)
    {
        _words = words;
        // No backtracking: the texts are as long as people make them.
        _patterns = [.. patterns.Select(p => (new Regex(p.Pattern, RegexOptions.CultureInvariant | RegexOptions.Singleline | RegexOptions.NonBacktracking), p.Weight))];
    }

    static readonly (string, double, double)[] s_react =
        [("Action:", 2, 2), ("Action Input:", 2, 2), ("Thought:", 1, 1), ("Final Answer:", 1, 1), ("Observation:", 2, 0)];

    /// <summary>ms-swift's tables by name (TPL-7.2).</summary>
    internal static IReadOnlyDictionary<string, LossTable> All { get; } = new Dictionary<string, LossTable>(StringComparer.Ordinal)
    {
        ["ignore_empty_think"] = new([],
        [
            (@"^<think>\s*</think>\s*", 0),
            (@"^<seed:think><seed:cot_budget_reflect>The current thinking budget is 0, so I will directly start answering the question.</seed:cot_budget_reflect>\n</seed:think>\s*", 0),
            (@"^</think>\s*", 0),
        ]),
        ["ignore_think_prefix"] = new([], [(@"^<think>\n?", 0)]),
        ["hermes"] = new([], [(@"<tool_call>(.+?)</tool_call>", 2)]),
        ["qwen"] = new([("✿FUNCTION✿:", 2, 2), ("✿ARGS✿:", 2, 2), ("✿RETURN✿:", 1, 1), ("✿RESULT✿:", 2, 0)], []),
        ["react"] = new(s_react, []),
        ["alpha_umi"] = new([.. s_react, ("Next:", 2, 2)], []),
    };

    /// <summary>Whether there are weights other than 0 and 1, so that labels alone do not say them.</summary>
    internal bool IsBinary => _words.All(w => w.KeyWeight is 0 or 1 && w.Weight is 0 or 1) && _patterns.All(p => p.Weight is 0 or 1);

    /// <summary>The parts of an answer with their weights; together they are the answer.</summary>
    internal IEnumerable<(string Text, double Weight)> Split(string answer) => _words.Length > 0 ? SplitByWords(answer) : SplitByPatterns(answer);

    IEnumerable<(string Text, double Weight)> SplitByWords(string answer)
    {
        var at = 0;
        var weight = 1.0;
        while (true)
        {
            var (next, word) = NextWord(answer, at);
            yield return (answer[at..next], weight);
            if (word is null) { yield break; }
            yield return (word, _words.First(w => w.Key == word).KeyWeight);
            at = next + word.Length;
            weight = _words.First(w => w.Key == word).Weight;
        }
    }

    (int At, string? Word) NextWord(string answer, int from)
    {
        var (best, found) = (answer.Length, (string?)null);
        foreach (var (key, _, _) in _words)
        {
            var at = answer.IndexOf(key, from, StringComparison.Ordinal);
            if (at >= 0 && at < best) { (best, found) = (at, key); } // where several begin together the first listed wins
        }
        return (best, found);
    }

    IEnumerable<(string Text, double Weight)> SplitByPatterns(string answer)
    {
        var at = 0;
        while (true)
        {
            var (next, length, weight) = NextMatch(answer, at);
            yield return (answer[at..next], 1);
            if (length == 0) { yield break; }
            yield return (answer.Substring(next, length), weight);
            at = next + length;
        }
    }

    (int At, int Length, double Weight) NextMatch(string answer, int from)
    {
        var best = (At: answer.Length, Length: 0, Weight: 1.0);
        foreach (var (pattern, weight) in _patterns)
        {
            var match = pattern.Match(answer, from);
            if (match.Success && match.Length > 0 && match.Index < best.At) { best = (match.Index, match.Length, weight); }
        }
        return best;
    }
}
