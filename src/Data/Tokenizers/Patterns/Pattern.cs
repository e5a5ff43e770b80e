namespace Ckpt.Data.Tokenizers.Patterns;

/// <summary>A regular expression over code points, or a plain text to look for. Immutable.</summary>
sealed class Pattern
{
    readonly PatternStep[]? _steps;
    readonly string _where;

    Pattern(string source, PatternStep[]? steps, string where)
    {
        Source = source;
        _steps = steps;
        _where = where;
    }

    /// <summary>The expression or the text.</summary>
    internal string Source { get; }

    internal bool IsRegex => _steps is not null;

    /// <summary>A text that stands for itself.</summary>
    internal static Pattern OfText(string text) => new(text, null, "");

    /// <summary>An expression in the syntax of Oniguruma.</summary>
    internal static Pattern OfRegex(string regex, string where) => new(regex, PatternCompiler.Compile(regex, where), where);

    /// <summary>The matches from left to right, none overlapping another.</summary>
    internal List<(int Start, int End)> Matches(ReadOnlySpan<char> text)
    {
        var matches = new List<(int, int)>();
        if (_steps is null) { PlainMatches(text, matches); }
        else { RegexMatches(text, _steps, matches); }
        return matches;
    }

    void PlainMatches(ReadOnlySpan<char> text, List<(int, int)> matches)
    {
        if (Source.Length == 0) { return; }
        for (var at = 0; ;)
        {
            var found = text[at..].IndexOf(Source);
            if (found < 0) { return; }
            matches.Add((at + found, at + found + Source.Length));
            at += found + Source.Length;
        }
    }

    void RegexMatches(ReadOnlySpan<char> text, PatternStep[] steps, List<(int, int)> matches)
    {
        var machine = new PatternMachine(text, Source, _where);
        var (at, last) = (0, -1);
        while (at <= text.Length)
        {
            var end = -1;
            while (at <= text.Length && (end = machine.Match(steps, at)) < 0) { at = Next(text, at); }
            if (end < 0) { break; }
            // Nothing right behind a match is no match of its own.
            if (end > at || at != last) { matches.Add((at, end)); }
            last = end;
            at = end > at ? end : Next(text, at);
        }
        machine.Dispose();
    }

    static int Next(ReadOnlySpan<char> text, int at) =>
        at + 1 < text.Length && char.IsHighSurrogate(text[at]) && char.IsLowSurrogate(text[at + 1]) ? at + 2 : at + 1;
}
