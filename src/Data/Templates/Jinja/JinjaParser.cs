namespace Ckpt.Data.Templates.Jinja;

/// <summary>Statements: the text of a template as a tree (TPL-1.1).</summary>
sealed class JinjaParser
{
    readonly JinjaTokens _tokens;
    readonly JinjaExpressionParser _expressions;
    readonly Stack<string> _open = [];
    int _loops;

    JinjaParser(JinjaTokens tokens) => (_tokens, _expressions) = (tokens, new JinjaExpressionParser(tokens));

    internal static JinjaStatement[] Parse(string source, string where)
    {
        var tokens = new JinjaTokens(JinjaLexer.Tokens(source, where), where);
        var parser = new JinjaParser(tokens);
        var body = parser.Statements([]);
        tokens.RefuseUnknown();
        return body;
    }

    /// <summary>Statements up to one of the tags that end them, which stays to be read; up to the end of the text where none may.</summary>
    JinjaStatement[] Statements(ReadOnlySpan<string> ends)
    {
        var body = new List<JinjaStatement>();
        while (true)
        {
            var token = _tokens.Next();
            switch (token.Kind)
            {
                case JinjaTokenKind.Data: body.Add(new JinjaData(token.Line, token.Text)); break;
                case JinjaTokenKind.VariableBegin:
                    body.Add(new JinjaOutput(token.Line, _expressions.Tuple()));
                    _tokens.Expect(JinjaTokenKind.VariableEnd);
                    break;
                case JinjaTokenKind.BlockBegin:
                    if (_tokens.Current.Kind == JinjaTokenKind.Name && ends.Contains(_tokens.Current.Text)) { return [.. body]; }
                    body.AddRange(Statement());
                    _tokens.Expect(JinjaTokenKind.BlockEnd);
                    break;
                default:
                    if (ends.Length > 0) { _tokens.Fail($"Unexpected end of template. Jinja was looking for the following tags: {string.Join(" or ", ends.ToArray())}. The innermost block that needs to be closed is '{_open.Peek()}'."); }
                    return [.. body];
            }
        }
    }

    /// <summary>The body of a block, behind its first tag; reads the word of the tag that ends it too.</summary>
    JinjaStatement[] Body(out string end, params ReadOnlySpan<string> ends)
    {
        _tokens.SkipOperator(":");
        _tokens.Expect(JinjaTokenKind.BlockEnd);
        var body = Statements(ends);
        end = _tokens.Next().Text;
        return body;
    }

    JinjaStatement[] Body(string end) => Body(out _, end);

    JinjaStatement[] FrameBody(string end)
    {
        _tokens.BeginFrame();
        var body = Body(end);
        _tokens.EndFrame();
        return body;
    }

    JinjaStatement[] Statement()
    {
        var token = _tokens.Current;
        if (token.Kind != JinjaTokenKind.Name) { _tokens.Fail("tag name expected"); }
        _tokens.Enter();
        _open.Push(token.Text);
        _tokens.Next();
        JinjaStatement[] statements = token.Text switch
        {
            "for" => [For(token.Line)],
            "if" => [If(token.Line)],
            "set" => [Set(token.Line)],
            "macro" => [Macro(token.Line)],
            "call" => [Call(token.Line)],
            "filter" => [Filter(token.Line)],
            "with" => [With(token.Line)],
            "generation" => [Generation(token.Line)],
            "block" => [Block(token.Line)],
            "autoescape" => [Autoescape(token.Line)],
            "print" => Print(),
            "break" or "continue" => [Jump(token)],
            "include" or "extends" or "import" or "from" => [Load(token)],
            _ => Unknown(token),
        };
        _open.Pop();
        _tokens.Leave();
        return statements;
    }

    JinjaStatement[] Unknown(JinjaToken token)
    {
        JinjaThrow.Syntax(_tokens.Where, token.Line, $"Encountered unknown tag '{token.Text}'.");
        return [];
    }

    JinjaFor For(int line)
    {
        _tokens.BeginFrame();
        var target = _expressions.Target(end: "in");
        _tokens.EndFrame();
        _tokens.ExpectName("in");
        var items = _expressions.Tuple(withConditional: false, end: "recursive");
        _tokens.BeginFrame();
        var test = _tokens.SkipName("if") ? _expressions.Expression() : null;
        var isRecursive = _tokens.SkipName("recursive");
        _loops++;
        var body = Body(out var end, "endfor", "else");
        _loops--;
        var otherwise = end == "else" ? Body("endfor") : [];
        _tokens.EndFrame();
        return new JinjaFor(line, target, items, test, isRecursive, body, otherwise);
    }

    JinjaIf If(int line)
    {
        var mark = _tokens.SoftMark();
        var branches = new List<(JinjaExpression Test, JinjaStatement[] Body)>();
        JinjaStatement[] otherwise = [];
        string end;
        do
        {
            var test = _expressions.Tuple(withConditional: false);
            branches.Add((test, Body(out end, "elif", "else", "endif")));
        }
        while (end == "elif");
        if (end == "else") { otherwise = Body("endif"); }
        _tokens.Soften(mark);
        return new JinjaIf(line, [.. branches], otherwise);
    }

    JinjaStatement Set(int line)
    {
        var target = _expressions.Target(withNamespace: true);
        if (_tokens.SkipOperator("=")) { return new JinjaSet(line, target, _expressions.Tuple()); }
        _tokens.BeginFrame();
        var filter = _expressions.Filters(null, startsInline: false);
        var body = Body("endset");
        _tokens.EndFrame();
        return new JinjaSetBlock(line, target, filter, body);
    }

    JinjaMacroDefinition Macro(int line)
    {
        var name = _expressions.TargetName();
        _tokens.BeginFrame();
        var (signature, body) = Callable("endmacro", withSignature: true);
        _tokens.EndFrame();
        return new JinjaMacroDefinition(line, name, signature, body);
    }

    JinjaCallBlock Call(int line)
    {
        var hasSignature = _tokens.IsOperator("(");
        JinjaCall? call = null;
        _tokens.BeginFrame();
        var (signature, body) = Callable("endcall", hasSignature, () =>
        {
            _tokens.EndFrame();
            call = _expressions.Expression() as JinjaCall;
            if (call is null) { JinjaThrow.Syntax(_tokens.Where, line, "expected call"); }
            _tokens.BeginFrame();
        });
        _tokens.EndFrame();
        return new JinjaCallBlock(line, signature, call!, body);
    }

    /// <summary>Parameters and body of a macro, with which of the special names the body reads.</summary>
    (JinjaSignature Signature, JinjaStatement[] Body) Callable(string end, bool withSignature, Action? between = null)
    {
        var read = new HashSet<string>(StringComparer.Ordinal);
        _tokens.Read.Push(read);
        var names = new List<string>();
        var defaults = new List<JinjaExpression?>();
        if (withSignature)
        {
            _tokens.ExpectOperator("(");
            while (!_tokens.IsOperator(")"))
            {
                if (names.Count > 0) { _tokens.ExpectOperator(","); }
                names.Add(_expressions.TargetName());
                if (_tokens.SkipOperator("=")) { defaults.Add(_expressions.Expression()); }
                else if (defaults.Any(d => d is not null)) { _tokens.Fail("non-default argument follows default argument"); }
                else { defaults.Add(null); }
            }
            _tokens.ExpectOperator(")");
        }
        _tokens.Read.Pop();
        between?.Invoke();
        _tokens.Read.Push(read);
        var loops = _loops;
        _loops = 0;
        var body = Body(end);
        _loops = loops;
        _tokens.Read.Pop();
        if (_tokens.Read.TryPeek(out var outer)) { outer.UnionWith(read); }
        var signature = new JinjaSignature([.. names], [.. defaults],
            read.Contains("caller") && !names.Contains("caller"), read.Contains("varargs") && !names.Contains("varargs"), read.Contains("kwargs") && !names.Contains("kwargs"));
        return (signature, body);
    }

    JinjaFilterBlock Filter(int line)
    {
        _tokens.BeginFrame();
        var filter = _expressions.Filters(null, startsInline: true)!;
        var body = Body("endfilter");
        _tokens.EndFrame();
        return new JinjaFilterBlock(line, filter, body);
    }

    JinjaWith With(int line)
    {
        var values = new List<(JinjaExpression Target, JinjaExpression Value)>();
        while (_tokens.Current.Kind != JinjaTokenKind.BlockEnd)
        {
            if (values.Count > 0) { _tokens.ExpectOperator(","); }
            var target = _expressions.Target();
            _tokens.ExpectOperator("=");
            values.Add((target, _expressions.Expression()));
        }
        return new JinjaWith(line, [.. values], FrameBody("endwith"));
    }

    JinjaBlock Generation(int line)
    {
        var loops = _loops;
        _loops = 0; // it is a function of its own in jinja2
        var body = FrameBody("endgeneration");
        _loops = loops;
        return new JinjaBlock(line, body, IsGeneration: true);
    }

    JinjaBlock Block(int line)
    {
        var name = _tokens.Expect(JinjaTokenKind.Name).Text;
        _tokens.SkipName("scoped");
        _tokens.SkipName("required");
        var body = FrameBody("endblock");
        _tokens.SkipName(name);
        return new JinjaBlock(line, body, IsGeneration: false);
    }

    JinjaBlock Autoescape(int line)
    {
        var flag = _expressions.Expression();
        if (flag is not JinjaConstant { Value: JinjaBool { Value: false } })
        {
            throw new UnsupportedDataException("TPL-2.6", $"{_tokens.Where}: line {line}", "autoescape is handled with 'false' only; a chat template is no HTML");
        }
        return new JinjaBlock(line, FrameBody("endautoescape"), IsGeneration: false);
    }

    JinjaStatement[] Print()
    {
        var outputs = new List<JinjaStatement>();
        while (_tokens.Current.Kind != JinjaTokenKind.BlockEnd)
        {
            if (outputs.Count > 0) { _tokens.ExpectOperator(","); }
            outputs.Add(new JinjaOutput(_tokens.Current.Line, _expressions.Expression()));
        }
        return [.. outputs];
    }

    // jinja2 writes Python's own break, which Python refuses to compile outside a loop.
    JinjaJump Jump(JinjaToken token)
    {
        if (_loops == 0) { JinjaThrow.Syntax(_tokens.Where, token.Line, $"'{token.Text}' outside loop", "SyntaxError"); }
        return new JinjaJump(token.Line, token.Text == "break");
    }

    JinjaLoad Load(JinjaToken token)
    {
        _expressions.Expression();
        while (_tokens.Current.Kind is not (JinjaTokenKind.BlockEnd or JinjaTokenKind.End)) { _tokens.Next(); }
        return new JinjaLoad(token.Line);
    }
}
