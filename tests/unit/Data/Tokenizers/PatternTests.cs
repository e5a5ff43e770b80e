using System.Text.RegularExpressions;
using Ckpt.Data.Tokenizers.Patterns;
using Ckpt.Data.Tokenizers.Splitting;
using Ckpt.Kit;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.UnitTests.Data.Tokenizers;

public class PatternTests
{
    const string Qwen = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    static readonly Gen<string> s_plane0 = Gen.Elements("a", "B", "é", "你", " ", "  ", "\n", "\r", "\t", "'", "'s", "'LL", "'d", "1", "23", "٣", "½", ".", "!", "-", "_", "\u0301", "\u00A0", "\u3000", "ǅ", "ʰ", "\u2028").ListOf(14).Select(string.Concat);

    static readonly Gen<string> s_allPlanes = Gen.Elements("a", "\U0001D4B3", "\U0001D7D9", "\U0001F600", " ", "\n", "'s", "'ſ", "7", "!", "\U00020000", "\u200d", "\ud83d", "\U000E0067").ListOf(14).Select(string.Concat);

    /// <summary>On the first plane .NET's engine, of the same Unicode, is an oracle that knows nothing of ours.</summary>
    [Theory]
    [Clause("TOK-5.4")]
    [InlineData(Qwen)]
    [InlineData(ByteLevelPreTokenizer.Regex)]
    [InlineData(@"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")]
    [InlineData(@"(?:a|B)*?\n|(?<=\s)\p{P}|(?<!a)'|[^\S\n]{2,}|(a|é)(?=\p{N})")]
    [InlineData(@"a*B*a*B*a*B*a*B*a*B*a*B*a*B*a*B*a*B*a*B*a*B*a*B*a*B*a*B*a*B*a*B*a*B*a*B*a*B*a*B*a*B*a*B*a*B*a*B*a*B*a*B*a*B*a*B*a*B*a*B*a*B*a*B*a*B*a*B*a*B*a*B*\n+")]
    [InlineData(@"(?>\s+)\S|\p{L}{1,2}?\d|\A.|.\z")]
    public void TheEngineAgreesWithAnotherOnTheFirstPlane(string pattern)
    {
        var ours = Pattern.OfRegex(pattern, "test");
        var other = new Regex(pattern, RegexOptions.CultureInvariant);
        Law.Holds(s_plane0, text => ours.Matches(text).SequenceEqual(other.Matches(text).Select(m => (m.Index, m.Index + m.Length))), 1000);
    }

    [Theory]
    [Clause("TOK-5.6")]
    [InlineData(Qwen)]
    [InlineData(ByteLevelPreTokenizer.Regex)]
    [InlineData(@"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")]
    public void TheScannersAgreeWithTheEngine(string regex)
    {
        var rule = WordScanner.RuleOf(regex);
        Assert.NotEqual(WordRule.None, rule);
        var pattern = Pattern.OfRegex(regex, "test");
        Law.Holds(Gen.OneOf(s_plane0, s_allPlanes), text => pattern.Matches(text).SequenceEqual(Scan(rule, text)), 3000);
    }

    [Theory]
    [Clause("TOK-5.4")]
    [InlineData(@"\p{L}", "\U0001D4B3", 1)]
    [InlineData(@".", "\U0001F600", 1)]
    [InlineData(@"[^a]", "\U0001F600a\U00020000", 2)]
    [InlineData(@"(?i)'s", "'S 's 'ſ 'x", 3)]
    [InlineData(@"(?i:k)", "kK\u212A", 3)]
    [InlineData(@"\p{N}{1,3}", "\U0001D7D9\U0001D7D9\U0001D7D9\U0001D7D9", 2)]
    [InlineData(@"(?<=\U0001F600)a", "a", 0)]
    public void SupplementaryCharactersAreOne(string regex, string text, int matches) =>
        Assert.Equal(matches, Pattern.OfRegex(regex.Replace(@"\U0001F600", "\U0001F600", StringComparison.Ordinal), "test").Matches(text).Count);

    static IEnumerable<(int, int)> Scan(WordRule rule, string text)
    {
        for (var start = 0; start < text.Length;)
        {
            var end = WordScanner.Next(rule, text, start);
            yield return (start, end);
            start = end;
        }
    }
}
