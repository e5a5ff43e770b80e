using Ckpt.Data.Tokenizers.Models;
using Ckpt.Kit;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.UnitTests.Data.Tokenizers;

public class BpeMergerTests
{
    /// <summary>Merges of tokens that are texts over a and b: id is the place in this list, rank the order.</summary>
    static readonly string[] s_tokens = ["a", "b", "ab", "ba", "aa", "abab", "aab", "abba", "aba", "baa"];

    static readonly (string Left, string Right)[] s_merges = [("a", "b"), ("b", "a"), ("a", "a"), ("ab", "ab"), ("aa", "b"), ("ab", "ba"), ("a", "ab"), ("ab", "a"), ("ba", "a")];

    [Fact]
    [Clause("TOK-2.3")]
    public void BothWaysMergeAsTheRuleSays()
    {
        var table = new MergeTable(s_merges.Length);
        for (var rank = 0; rank < s_merges.Length; rank++)
        {
            var (left, right) = s_merges[rank];
            table.Set(Id(left), Id(right), rank, Id(left + right));
        }
        Law.Holds(from count in Gen.Choose(0, 200) from word in Gen.ArrayOf(Gen.Elements(0, 0, 1), count) select word, word =>
        {
            var expected = Rule(word);
            return Same(expected, Run(BpeMerger.Scan, table, word)) && Same(expected, Run(BpeMerger.Queue, table, word)) && Same(expected, Run(BpeMerger.Merge, table, word));
        });
    }

    delegate int Way(MergeTable merges, Span<int> ids, Span<int> lengths);

    static string[] Run(Way way, MergeTable table, int[] word)
    {
        var (ids, lengths) = ((int[])word.Clone(), word.Select(_ => 1).ToArray());
        var count = way(table, ids, lengths);
        return [.. ids.Take(count).Select((id, i) => s_tokens[id].Length == lengths[i] ? s_tokens[id] : "wrong length")];
    }

    /// <summary>The rule on texts: the merge of lowest rank, at the leftmost place, until there is none.</summary>
    static List<string> Rule(int[] word)
    {
        var symbols = word.Select(id => s_tokens[id]).ToList();
        while (true)
        {
            var (rank, at) = Enumerable.Range(0, Math.Max(0, symbols.Count - 1)).Select(i => (Rank: Array.IndexOf(s_merges, (symbols[i], symbols[i + 1])), At: i))
                .Where(m => m.Rank >= 0).DefaultIfEmpty((-1, -1)).Min();
            if (rank < 0) { return symbols; }
            symbols[at] += symbols[at + 1];
            symbols.RemoveAt(at + 1);
        }
    }

    static bool Same(IEnumerable<string> a, IEnumerable<string> b) => a.SequenceEqual(b);

    static int Id(string token) => Array.IndexOf(s_tokens, token);
}
