using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace Ckpt.Data.Templates.Jinja;

/// <summary>
/// Cuts a template into tokens, with <c>trim_blocks</c> and <c>lstrip_blocks</c> on as transformers has them (TPL-1.5).
/// </summary>
sealed partial class JinjaLexer
{
    /// <summary>CPython's own limit for text of an int.</summary>
    const int MaxDigits = 4300;

    readonly string _source;
    readonly string _where;
    readonly List<JinjaToken> _tokens = [];
    int _at;
    int _line = 1;
    int _counted;
    bool _lineStarting = true;

    JinjaLexer(string source, string where) => (_source, _where) = (source, where);

    internal static List<JinjaToken> Tokens(string source, string where)
    {
        if (source.Length > TemplateLimits.MaxSource) { JinjaThrow.TooLong(where, source.Length); }
        var text = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        if (text.EndsWith('\n')) { text = text[..^1]; }
        var lexer = new JinjaLexer(text, where);
        lexer.Run();
        return lexer._tokens;
    }

    void Run()
    {
        while (_at < _source.Length)
        {
            var begin = NextBegin(_at);
            if (begin < 0)
            {
                Add(JinjaTokenKind.Data, _source[_at..]);
                _at = _source.Length;
                break;
            }
            switch (_source[begin + 1])
            {
                case '%' when RawBegin().Match(_source, begin) is { Success: true } raw: Raw(begin, raw); break;
                case '%': Tag(begin, JinjaTokenKind.BlockBegin, JinjaTokenKind.BlockEnd); break;
                case '{': Tag(begin, JinjaTokenKind.VariableBegin, JinjaTokenKind.VariableEnd); break;
                default: Comment(begin); break;
            }
        }
        Add(JinjaTokenKind.End, "");
    }

    int NextBegin(int from)
    {
        for (var at = _source.IndexOf('{', from); at >= 0 && at + 1 < _source.Length; at = _source.IndexOf('{', at + 1))
        {
            if (_source[at + 1] is '%' or '{' or '#') { return at; }
        }
        return -1;
    }

    /// <summary>The data before a tag, with the whitespace that the tag takes away; the position moves behind the tag's sign.</summary>
    void DataBefore(int begin, bool isVariable)
    {
        var text = _source.AsSpan(_at, begin - _at);
        var sign = begin + 2 < _source.Length ? _source[begin + 2] : '\0';
        if (sign == '-') { text = PythonText.TrimEnd(text); }
        else if (sign != '+' && !isVariable)
        {
            var line = text.LastIndexOf('\n') + 1;
            if ((line > 0 || _lineStarting) && PythonText.IsSpace(text[line..])) { text = text[..line]; }
        }
        if (text.Length > 0) { Add(JinjaTokenKind.Data, text.ToString()); }
        _at = begin + (sign is '-' or '+' ? 3 : 2);
    }

    void Comment(int begin)
    {
        DataBefore(begin, isVariable: false);
        var end = _source.IndexOf("#}", _at, StringComparison.Ordinal);
        if (end < 0) { JinjaThrow.Syntax(_where, LineAt(begin), "Missing end of comment tag"); }
        var sign = end > _at ? _source[end - 1] : '\0';
        _at = end + 2;
        Close(sign, trims: true);
    }

    void Raw(int begin, Match raw)
    {
        DataBefore(begin, isVariable: false);
        _at = raw.Index + raw.Length;
        _lineStarting = raw.ValueSpan[^1] == '\n';
        var end = RawEnd().Match(_source, _at);
        if (!end.Success) { JinjaThrow.Syntax(_where, LineAt(begin), "Missing end of raw directive"); }
        DataBefore(end.Index, isVariable: false);
        _at = end.Index + end.Length;
        _lineStarting = end.ValueSpan[^1] == '\n';
    }

    /// <summary>Behind a tag: its whitespace goes with a minus, one newline goes with nothing.</summary>
    void Close(char sign, bool trims)
    {
        var end = _at;
        if (sign == '-') { while (_at < _source.Length && PythonText.IsSpace(_source[_at])) { _at++; } }
        else if (sign != '+' && trims && _at < _source.Length && _source[_at] == '\n') { _at++; }
        _lineStarting = _at > end && _source[_at - 1] == '\n';
    }

    void Tag(int begin, JinjaTokenKind beginKind, JinjaTokenKind endKind)
    {
        DataBefore(begin, endKind == JinjaTokenKind.VariableEnd);
        Add(beginKind, "");
        var brackets = new Stack<char>();
        while (true)
        {
            while (_at < _source.Length && PythonText.IsSpace(_source[_at]) && !Ends(endKind, brackets)) { _at++; }
            if (_at >= _source.Length) { return; }
            if (Ends(endKind, brackets))
            {
                var sign = _source[_at] is '-' or '+' ? _source[_at] : '\0';
                Add(endKind, "");
                _at += sign == '\0' ? 2 : 3;
                Close(sign, trims: endKind == JinjaTokenKind.BlockEnd);
                return;
            }
            Token(brackets);
        }
    }

    bool Ends(JinjaTokenKind kind, Stack<char> brackets)
    {
        if (brackets.Count > 0) { return false; }
        var rest = _source.AsSpan(_at);
        return kind == JinjaTokenKind.BlockEnd
            ? rest.StartsWith("%}") || rest.StartsWith("-%}") || rest.StartsWith("+%}")
            : rest.StartsWith("}}") || rest.StartsWith("-}}");
    }

    void Token(Stack<char> brackets)
    {
        if ((_at == 0 || _source[_at - 1] != '.') && FloatText().Match(_source, _at) is { Success: true } real)
        {
            AddNumber(new JinjaFloat(double.Parse(real.Value.Replace("_", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture)), real.Length);
        }
        else if (IntegerText().Match(_source, _at) is { Success: true } integer) { AddNumber(new JinjaInt(Integer(integer.Value)), integer.Length); }
        else if (NameText().Match(_source, _at) is { Success: true } name)
        {
            if (!PythonText.IsIdentifier(name.ValueSpan)) { JinjaThrow.Syntax(_where, LineAt(_at), "Invalid character in identifier"); }
            Add(JinjaTokenKind.Name, name.Value);
            _at += name.Length;
        }
        else if (StringText().Match(_source, _at) is { Success: true } text)
        {
            var line = LineAt(_at);
            Add(JinjaTokenKind.Text, PythonEscapes.Decode(text.Value[1..^1], _where, line));
            _at += text.Length;
        }
        else { Operator(brackets); }
    }

    void Operator(Stack<char> brackets)
    {
        var sign = _source.AsSpan(_at, Math.Min(2, _source.Length - _at)) switch
        {
            "//" or "**" or "==" or "!=" or ">=" or "<=" => _source.Substring(_at, 2),
            _ => _source[_at].ToString(),
        };
        switch (sign[0])
        {
            case '(': brackets.Push(')'); break;
            case '[': brackets.Push(']'); break;
            case '{': brackets.Push('}'); break;
            case ')' or ']' or '}':
                if (!brackets.TryPop(out var expected)) { JinjaThrow.Syntax(_where, LineAt(_at), $"unexpected '{sign}'"); }
                if (expected != sign[0]) { JinjaThrow.Syntax(_where, LineAt(_at), $"unexpected '{sign}', expected '{expected}'"); }
                break;
            case '!' when sign.Length == 1:
                JinjaThrow.Syntax(_where, LineAt(_at), "unexpected char '!'");
                break;
            default:
                if (!"+-/*%~=><.:|,;!".Contains(sign[0], StringComparison.Ordinal)) { JinjaThrow.Syntax(_where, LineAt(_at), $"unexpected char '{sign}'"); }
                break;
        }
        Add(JinjaTokenKind.Operator, sign);
        _at += sign.Length;
    }

    BigInteger Integer(string text)
    {
        var digits = text.Replace("_", "", StringComparison.Ordinal);
        if (digits.Length > MaxDigits) { JinjaThrow.Syntax(_where, LineAt(_at), $"a number of {digits.Length} digits, {MaxDigits} are allowed"); }
        var radix = digits.Length > 1 ? char.ToLowerInvariant(digits[1]) switch { 'x' => 16, 'o' => 8, 'b' => 2, _ => 10 } : 10;
        if (radix == 10) { return BigInteger.Parse(digits, CultureInfo.InvariantCulture); }
        var value = BigInteger.Zero;
        foreach (var digit in digits.AsSpan(2)) { value = (value * radix) + Convert.ToInt32(digit.ToString(), 16); }
        return value;
    }

    void AddNumber(JinjaValue value, int length)
    {
        _tokens.Add(new JinjaToken(JinjaTokenKind.Number, _source.Substring(_at, Math.Min(length, 40)), LineAt(_at), value));
        _at += length;
    }

    void Add(JinjaTokenKind kind, string text) => _tokens.Add(new JinjaToken(kind, text, LineAt(_at)));

    /// <summary>The line of a position; positions are asked for in order.</summary>
    int LineAt(int position)
    {
        if (position > _counted)
        {
            _line += _source.AsSpan(_counted, position - _counted).Count('\n');
            _counted = position;
        }
        return _line;
    }

    [GeneratedRegex(@"\G\{%[-+]?\s*raw\s*(?:-%\}\s*|%\})", RegexOptions.CultureInvariant)]
    private static partial Regex RawBegin();

    [GeneratedRegex(@"\{%[-+]?\s*endraw\s*(?:\+%\}|-%\}\s*|%\}\n?)", RegexOptions.CultureInvariant)]
    private static partial Regex RawEnd();

    [GeneratedRegex(@"\G(?:[0-9]+_)*[0-9]+(?:(?:\.(?:[0-9]+_)*[0-9]+)?e[+\-]?(?:[0-9]+_)*[0-9]+|\.(?:[0-9]+_)*[0-9]+)", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex FloatText();

    [GeneratedRegex(@"\G(?:0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[0-9a-f])+|[1-9](?:_?[0-9])*|0(?:_?0)*)", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex IntegerText();

    [GeneratedRegex(@"\G\w+", RegexOptions.CultureInvariant)]
    private static partial Regex NameText();

    [GeneratedRegex(@"\G(?:'(?>[^'\\]|\\[\s\S])*'|""(?>[^""\\]|\\[\s\S])*"")", RegexOptions.CultureInvariant)]
    private static partial Regex StringText();
}
