using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Ckpt.Data.Tokenizers.Text;

namespace Ckpt.Data.Tokenizers.Patterns;

/// <summary>
/// Parses the patterns of tokenizer.json: the part of Oniguruma's syntax that tokenizers use (TOK-5.2). What it has beyond that is
/// refused by name, because another reading of it would change ids without a word.
/// </summary>
ref struct PatternParser(string pattern, string where)
{
    const int MaxDepth = 64;
    const int MaxRepeat = 1000;
    const int MaxRepeats = 8;

    int _at;
    int _depth;

    internal static PatternNode Parse(string pattern, string where)
    {
        var parser = new PatternParser(pattern, where);
        var node = parser.Alternatives(ignoreCase: false);
        if (parser._at < pattern.Length) { parser.Malformed("')' closes nothing"); }
        return node;
    }

    PatternNode Alternatives(bool ignoreCase)
    {
        if (++_depth > MaxDepth) { Unsupported($"groups nested deeper than {MaxDepth}"); }
        var alternatives = new List<PatternNode>();
        do { alternatives.Add(Sequence(ref ignoreCase)); } while (Take('|'));
        _depth--;
        return alternatives.Count == 1 ? alternatives[0] : new PatternNode(PatternKind.Alternate) { Parts = alternatives };
    }

    PatternNode Sequence(ref bool ignoreCase)
    {
        var parts = new List<PatternNode>();
        while (_at < pattern.Length && pattern[_at] is not ('|' or ')'))
        {
            var atom = Atom(ref ignoreCase);
            if (atom is not null) { parts.Add(Repeats(atom)); }
        }
        return parts.Count switch { 0 => new PatternNode(PatternKind.Empty), 1 => parts[0], _ => new PatternNode(PatternKind.Concat) { Parts = parts } };
    }

    PatternNode? Atom(ref bool ignoreCase)
    {
        var c = Next();
        switch (c)
        {
            case '(': return Group(ref ignoreCase);
            case '[': return Leaf(PatternClasses.Bracket(pattern, ref _at, ignoreCase, where));
            case '.': return Leaf(CharClass.Dot);
            case '^': return new PatternNode(PatternKind.LineStart);
            case '$': return new PatternNode(PatternKind.LineEnd);
            case '*' or '+' or '?': return Malformed($"'{(char)c}' repeats nothing");
            case '\\': return Escape(ignoreCase);
            default: return Leaf(PatternClasses.Literal(c, ignoreCase));
        }
    }

    PatternNode Escape(bool ignoreCase)
    {
        if (_at >= pattern.Length) { return Malformed("it ends with '\\'"); }
        var c = pattern[_at];
        PatternKind? edge = c switch
        {
            'A' => PatternKind.Start,
            'z' => PatternKind.End,
            'Z' => PatternKind.EndOrNewline,
            'b' => PatternKind.WordEdge,
            'B' => PatternKind.NotWordEdge,
            _ => null,
        };
        if (edge is not null) { _at++; return new PatternNode(edge.Value); }
        return Leaf(PatternClasses.Escape(pattern, ref _at, ignoreCase, where));
    }

    PatternNode? Group(ref bool ignoreCase)
    {
        if (!Take('?')) { return Closed(Alternatives(ignoreCase)); } // a capture, which nothing here reads
        if (Take(':')) { return Closed(Alternatives(ignoreCase)); }
        if (Take('>')) { return Of(PatternKind.Atomic, ignoreCase, false); }
        if (Take('=')) { return Of(PatternKind.Ahead, ignoreCase, false); }
        if (Take('!')) { return Of(PatternKind.Ahead, ignoreCase, true); }
        if (Take("<=")) { return Of(PatternKind.Behind, ignoreCase, false); }
        if (Take("<!")) { return Of(PatternKind.Behind, ignoreCase, true); }
        if (Take("i:")) { return Closed(Alternatives(true)); }
        if (Take("-i:")) { return Closed(Alternatives(false)); }
        if (Take("i)")) { ignoreCase = true; return null; }
        if (Take("-i)")) { ignoreCase = false; return null; }
        return Unsupported($"the group '(?{pattern.AsSpan(_at, Math.Min(3, pattern.Length - _at))}…'");
    }

    PatternNode Of(PatternKind kind, bool ignoreCase, bool negative) =>
        new(kind) { Parts = [Closed(Alternatives(ignoreCase))], Negative = negative };

    PatternNode Closed(PatternNode node) => Take(')') ? node : Malformed("a group is not closed");

    PatternNode Repeats(PatternNode atom)
    {
        for (var levels = 0; _at < pattern.Length; levels++)
        {
            var (least, most) = (0, -1);
            var interval = false;
            if (Take('*')) { }
            else if (Take('+')) { least = 1; }
            else if (Take('?')) { most = 1; }
            else if (Interval(out least, out most)) { interval = true; }
            else { break; }
            // Oniguruma: {n,m}+ repeats the interval, *+ and ?+ and ++ are possessive.
            var greed = Take('?') ? RepeatGreed.Lazy : !interval && Take('+') ? RepeatGreed.Possessive : RepeatGreed.Greedy;
            if (interval && greed is RepeatGreed.Lazy && least == most) { Unsupported("'?' behind '{n}'"); }
            atom = new PatternNode(PatternKind.Repeat) { Parts = [atom], Least = least, Most = most, Greed = greed };
            if (levels > MaxRepeats) { Unsupported($"repetitions nested deeper than {MaxRepeats}"); }
        }
        return atom;
    }

    /// <summary>{n}, {n,}, {,m} or {n,m}; any other brace is a character.</summary>
    bool Interval(out int least, out int most)
    {
        (least, most) = (0, -1);
        if (_at >= pattern.Length || pattern[_at] != '{') { return false; }
        var end = pattern.IndexOf('}', _at);
        if (end < 0 || end - _at > 20) { return false; }
        var parts = pattern[(_at + 1)..end].Split(',');
        if (parts.Length > 2 || parts.All(p => p.Length == 0) || parts.Any(p => !p.All(char.IsAsciiDigit))) { return false; }
        least = Number(parts[0], 0);
        most = parts.Length == 1 ? least : Number(parts[1], -1);
        if (least > MaxRepeat || most > MaxRepeat) { Unsupported($"a repetition of more than {MaxRepeat}"); }
        if (most >= 0 && most < least) { Malformed($"the repetition {pattern.AsSpan(_at, end + 1 - _at)} ends before it starts"); }
        _at = end + 1;
        return true;
    }

    static int Number(string digits, int otherwise) =>
        digits.Length == 0 ? otherwise : int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : int.MaxValue;

    int Next()
    {
        var c = CodePoints.At(pattern, _at, out var length);
        _at += length;
        return c;
    }

    bool Take(char c)
    {
        if (_at >= pattern.Length || pattern[_at] != c) { return false; }
        _at++;
        return true;
    }

    bool Take(string text)
    {
        if (!pattern.AsSpan(_at).StartsWith(text, StringComparison.Ordinal)) { return false; }
        _at += text.Length;
        return true;
    }

    static PatternNode Leaf(CharClass set) => new(PatternKind.Class) { Class = set };

    [DoesNotReturn]
    readonly PatternNode Malformed(string fault) => PatternClasses.Throw.Malformed(pattern, _at, where, fault);

    [DoesNotReturn]
    readonly PatternNode Unsupported(string what) => PatternClasses.Throw.Unsupported(pattern, _at, where, what);
}
