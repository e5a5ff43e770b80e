namespace Ckpt.Data.Templates.Jinja;

/// <summary>The tokens of a template under a parser's hands, and what it has nested.</summary>
sealed class JinjaTokens(List<JinjaToken> tokens, string where)
{
    /// <summary>Blocks and brackets inside each other.</summary>
    internal const int MaxNesting = 100;

    readonly List<(int Frame, int Line, string Message)> _unknown = [];
    int _at;
    int _nesting;
    int _frame;

    internal string Where { get; } = where;

    internal JinjaToken Current => tokens[_at];

    internal JinjaToken Ahead => tokens[Math.Min(_at + 1, tokens.Count - 1)];

    /// <summary>Names that the macros being parsed have read, innermost last.</summary>
    internal Stack<HashSet<string>> Read { get; } = [];

    internal JinjaToken Next()
    {
        var token = tokens[_at];
        if (token.Kind != JinjaTokenKind.End) { _at++; }
        return token;
    }

    internal bool IsOperator(string sign) => Current.Is(JinjaTokenKind.Operator, sign);

    internal bool IsName(string name) => Current.Is(JinjaTokenKind.Name, name);

    internal bool Skip(JinjaTokenKind kind, string text)
    {
        if (!Current.Is(kind, text)) { return false; }
        Next();
        return true;
    }

    internal bool SkipName(string name) => Skip(JinjaTokenKind.Name, name);

    internal bool SkipOperator(string sign) => Skip(JinjaTokenKind.Operator, sign);

    internal void ExpectOperator(string sign)
    {
        if (!SkipOperator(sign)) { Fail($"expected token '{sign}', got '{Current.Description}'"); }
    }

    internal void ExpectName(string name)
    {
        if (!SkipName(name)) { Fail($"expected token '{name}', got '{Current.Description}'"); }
    }

    internal JinjaToken Expect(JinjaTokenKind kind)
    {
        if (Current.Kind != kind)
        {
            var expected = kind == JinjaTokenKind.Name ? "name" : new JinjaToken(kind, "", 0).Description;
            Fail(Current.Kind == JinjaTokenKind.End ? $"unexpected end of template, expected '{expected}'." : $"expected token '{expected}', got '{Current.Description}'");
        }
        return Next();
    }

    internal void Enter()
    {
        if (++_nesting > MaxNesting) { JinjaThrow.NestedTooDeep(Where, Current.Line, MaxNesting); }
    }

    internal void Leave() => _nesting--;

    /// <summary>Begins and ends a construct with variables of its own; <c>if</c> is none.</summary>
    internal void BeginFrame() => _frame++;

    internal void EndFrame() => _frame--;

    /// <summary>Notes a filter or test that does not exist: a fault of the template unless <see cref="Soften"/> follows.</summary>
    internal void AddUnknown(int line, string message) => _unknown.Add((_frame, line, message));

    internal int SoftMark() => _unknown.Count;

    /// <summary>What was noted in this frame since the mark stands behind a condition, so it is a fault only when reached (TPL-1.2).</summary>
    internal void Soften(int mark)
    {
        for (var i = _unknown.Count - 1; i >= mark; i--)
        {
            if (_unknown[i].Frame == _frame) { _unknown.RemoveAt(i); }
        }
    }

    internal void RefuseUnknown()
    {
        if (_unknown.Count > 0) { JinjaThrow.UnknownName(Where, _unknown[0].Line, _unknown[0].Message); }
    }

    [System.Diagnostics.CodeAnalysis.DoesNotReturn]
    internal void Fail(string message) => JinjaThrow.Syntax(Where, Current.Line, message);
}
