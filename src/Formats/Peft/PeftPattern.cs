using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Ckpt.Formats.Peft;

/// <summary>A Python regular expression out of an adapter's config, matched against module names within a time limit.</summary>
sealed class PeftPattern
{
    const int Longest = 65_536;

    // A pattern comes from the file; one that backtracks without end is refused, not waited for.
    static readonly TimeSpan s_limit = TimeSpan.FromMilliseconds(500);

    readonly Regex _regex;
    readonly string _where;
    readonly string _pattern;

    PeftPattern(string pattern, string before, string behind, string where)
    {
        (_where, _pattern) = (where, pattern);
        if (pattern.Length > Longest) { Throw.TooLong(where, pattern.Length); }
        try { _regex = new Regex(before + Translated(pattern) + behind, RegexOptions.CultureInvariant, s_limit); }
        catch (ArgumentException error) { Throw.NotARegex(where, pattern, error); }
    }

    /// <summary><c>re.fullmatch(pattern, name)</c>.</summary>
    internal static PeftPattern Full(string pattern, string where) => new(pattern, @"\A(?:", @")\z", where);

    /// <summary><c>re.match(rf"(.*\.)?({key})$", name)</c>, the rule of rank_pattern and alpha_pattern.</summary>
    internal static PeftPattern Ending(string pattern, string where) => new(pattern, @"\A(?:.*\.)?(?:", @")\z", where);

    /// <summary><c>re.match(rf"(^|.*\.){m}($|\..*)", name)</c>, the rule of modules_to_save against targets.</summary>
    internal static PeftPattern Within(string pattern, string where) => new(pattern, @"\A(?:|.*\.)", @"(?:\z|\..*)", where);

    /// <summary><c>re.match(rf".*\.{pattern}\.(\d+)\.", name)</c>: the number behind, or null.</summary>
    internal static PeftPattern Layer(string pattern, string where) => new(pattern, @"\A.*\.", @"\.(?<ckptlayer>\d+)\.", where);

    internal bool IsMatch(string name) => Match(name).Success;

    internal int? LayerOf(string name) => Match(name) is { Success: true } match && int.TryParse(match.Groups["ckptlayer"].ValueSpan, out var layer) ? layer : null;

    Match Match(string name)
    {
        try { return _regex.Match(name); }
        catch (RegexMatchTimeoutException) { return Throw.TooSlow(_where, _pattern); }
    }

    // Python's spelling of named groups.
    static string Translated(string pattern) => pattern.Replace("(?P<", "(?<", StringComparison.Ordinal);

    static class Throw
    {
        [DoesNotReturn]
        internal static void TooLong(string where, int found) => throw new UnsupportedCheckpointException(
            "ADP-1.7", where, $"a pattern of {found} characters, {Longest} are allowed");

        [DoesNotReturn]
        internal static void NotARegex(string where, string pattern, Exception error) => throw new MalformedCheckpointException(
            "ADP-1.7", where, $"{Quoted.Name(pattern)} is no regular expression: {error.Message}", error);

        [DoesNotReturn]
        internal static Match TooSlow(string where, string pattern) => throw new UnsupportedCheckpointException(
            "ADP-1.7", where, $"{Quoted.Name(pattern)} takes longer than {s_limit.TotalMilliseconds} ms to match one name");
    }
}
