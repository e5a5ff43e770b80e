namespace Ckpt.Data.Templates.Jinja;

/// <summary>Expressions: from the conditional, which binds least, to names and literals.</summary>
sealed class JinjaExpressionParser(JinjaTokens tokens)
{
    /// <summary>An expression, or a tuple where commas stand outside brackets.</summary>
    internal JinjaExpression Tuple(bool withConditional = true, bool inParentheses = false, string? end = null) =>
        Items(() => Expression(withConditional), inParentheses, end);

    internal JinjaExpression Expression(bool withConditional = true)
    {
        tokens.Enter();
        var expression = withConditional ? Conditional() : Or();
        tokens.Leave();
        return expression;
    }

    /// <summary>What stands left of an equals sign, or between <c>for</c> and <c>in</c>.</summary>
    internal JinjaExpression Target(bool withNamespace = false, string? end = null)
    {
        var target = Items(() => Primary(isTarget: true, withNamespace), inParentheses: false, end);
        CheckTarget(target);
        return target;
    }

    internal string TargetName()
    {
        var token = tokens.Expect(JinjaTokenKind.Name);
        if (IsConstantName(token.Text)) { tokens.Fail("can't assign to 'const'"); }
        return token.Text;
    }

    /// <summary>Filters behind a block's first word: <c>filter a|b</c>, <c>set x | a</c>.</summary>
    internal JinjaExpression? Filters(JinjaExpression? operand, bool startsInline)
    {
        while (startsInline || tokens.IsOperator("|"))
        {
            if (!startsInline) { tokens.Next(); }
            startsInline = false;
            var line = tokens.Current.Line;
            var name = DottedName();
            var arguments = tokens.IsOperator("(") ? Arguments() : JinjaCallArguments.None;
            if (!JinjaFilters.All.ContainsKey(name)) { tokens.AddUnknown(line, $"No filter named '{name}'."); }
            operand = new JinjaFilter(line, operand, name, arguments);
        }
        return operand;
    }

    static bool IsConstantName(string name) => name is "true" or "false" or "none" or "True" or "False" or "None";

    void CheckTarget(JinjaExpression target)
    {
        switch (target)
        {
            case JinjaName or JinjaNamespaceTarget: break;
            case JinjaSequence { IsTuple: true } tuple:
                foreach (var item in tuple.Items) { CheckTarget(item); }
                break;
            default: tokens.Fail("can't assign to this expression"); break;
        }
    }

    JinjaExpression Items(Func<JinjaExpression> parse, bool inParentheses, string? end)
    {
        var line = tokens.Current.Line;
        var items = new List<JinjaExpression>();
        var isTuple = false;
        while (true)
        {
            if (items.Count > 0) { tokens.ExpectOperator(","); }
            if (tokens.Current.Kind is JinjaTokenKind.VariableEnd or JinjaTokenKind.BlockEnd || tokens.IsOperator(")") || (end is not null && tokens.IsName(end))) { break; }
            items.Add(parse());
            if (!tokens.IsOperator(",")) { break; }
            isTuple = true;
        }
        if (!isTuple && items.Count > 0) { return items[0]; }
        if (!isTuple && !inParentheses) { tokens.Fail($"Expected an expression, got '{tokens.Current.Description}'"); }
        return new JinjaSequence(line, [.. items], IsTuple: true);
    }

    JinjaExpression Conditional()
    {
        var line = tokens.Current.Line;
        var mark = tokens.SoftMark();
        var expression = Or();
        while (tokens.SkipName("if"))
        {
            var test = Or();
            JinjaExpression? otherwise = null;
            if (tokens.SkipName("else"))
            {
                tokens.Enter();
                otherwise = Conditional();
                tokens.Leave();
            }
            expression = new JinjaConditional(line, test, expression, otherwise);
            tokens.Soften(mark);
        }
        return expression;
    }

    JinjaExpression Or()
    {
        var left = And();
        while (tokens.Current is { Text: "or", Kind: JinjaTokenKind.Name, Line: var line } && tokens.SkipName("or")) { left = new JinjaLogical(line, IsAnd: false, left, And()); }
        return left;
    }

    JinjaExpression And()
    {
        var left = Not();
        while (tokens.Current is { Text: "and", Kind: JinjaTokenKind.Name, Line: var line } && tokens.SkipName("and")) { left = new JinjaLogical(line, IsAnd: true, left, Not()); }
        return left;
    }

    JinjaExpression Not()
    {
        var line = tokens.Current.Line;
        if (!tokens.SkipName("not")) { return Comparison(); }
        tokens.Enter();
        var operand = Not();
        tokens.Leave();
        return new JinjaNot(line, operand);
    }

    JinjaExpression Comparison()
    {
        var line = tokens.Current.Line;
        var first = Sum();
        var rest = new List<(string Sign, JinjaExpression Operand)>();
        while (true)
        {
            if (tokens.Current is { Kind: JinjaTokenKind.Operator, Text: "==" or "!=" or "<" or "<=" or ">" or ">=" }) { rest.Add((tokens.Next().Text, Sum())); }
            else if (tokens.SkipName("in")) { rest.Add(("in", Sum())); }
            else if (tokens.IsName("not") && tokens.Ahead.Is(JinjaTokenKind.Name, "in"))
            {
                tokens.Next();
                tokens.Next();
                rest.Add(("not in", Sum()));
            }
            else { break; }
        }
        return rest.Count == 0 ? first : new JinjaComparison(line, first, [.. rest]);
    }

    JinjaExpression Sum()
    {
        var left = Concat();
        while (tokens.Current is { Kind: JinjaTokenKind.Operator, Text: "+" or "-" }) { left = new JinjaBinary(tokens.Current.Line, tokens.Next().Text, left, Concat()); }
        return left;
    }

    JinjaExpression Concat()
    {
        var line = tokens.Current.Line;
        var first = Product();
        if (!tokens.IsOperator("~")) { return first; }
        var parts = new List<JinjaExpression> { first };
        while (tokens.SkipOperator("~")) { parts.Add(Product()); }
        return new JinjaConcat(line, [.. parts]);
    }

    JinjaExpression Product()
    {
        var left = Power();
        while (tokens.Current is { Kind: JinjaTokenKind.Operator, Text: "*" or "/" or "//" or "%" }) { left = new JinjaBinary(tokens.Current.Line, tokens.Next().Text, left, Power()); }
        return left;
    }

    // jinja2's power groups to the left and binds less than a sign: -2 ** 2 is 4.
    JinjaExpression Power()
    {
        var left = Unary();
        while (tokens.IsOperator("**")) { left = new JinjaBinary(tokens.Current.Line, tokens.Next().Text, left, Unary()); }
        return left;
    }

    JinjaExpression Unary(bool withFilters = true)
    {
        JinjaExpression expression;
        var line = tokens.Current.Line;
        if (tokens.Current is { Kind: JinjaTokenKind.Operator, Text: "-" or "+" })
        {
            var sign = tokens.Next().Text;
            tokens.Enter();
            expression = new JinjaUnary(line, sign, Unary(withFilters: false));
            tokens.Leave();
        }
        else { expression = Primary(isTarget: false, withNamespace: false); }
        expression = Postfix(expression);
        return withFilters ? FilterExpression(expression) : expression;
    }

    JinjaExpression Primary(bool isTarget, bool withNamespace)
    {
        var token = tokens.Current;
        switch (token.Kind)
        {
            case JinjaTokenKind.Name:
                tokens.Next();
                return Name(token, isTarget, withNamespace);
            case JinjaTokenKind.Text:
                tokens.Next();
                var text = token.Text;
                if (tokens.Current.Kind == JinjaTokenKind.Text)
                {
                    var parts = new System.Text.StringBuilder(text);
                    while (tokens.Current.Kind == JinjaTokenKind.Text) { parts.Append(tokens.Next().Text); }
                    text = parts.ToString();
                }
                return new JinjaConstant(token.Line, new JinjaString(text));
            case JinjaTokenKind.Number:
                tokens.Next();
                return new JinjaConstant(token.Line, token.Number!);
            case JinjaTokenKind.Operator when token.Text is "(" or "[" or "{":
                tokens.Enter();
                var bracketed = token.Text switch { "(" => Parentheses(isTarget, withNamespace), "[" => List(), _ => Dict() };
                tokens.Leave();
                return bracketed;
            default:
                tokens.Fail($"unexpected '{token.Description}'");
                return null!;
        }
    }

    JinjaExpression Name(JinjaToken token, bool isTarget, bool withNamespace)
    {
        switch (token.Text)
        {
            case "true" or "True": return new JinjaConstant(token.Line, JinjaBool.True);
            case "false" or "False": return new JinjaConstant(token.Line, JinjaBool.False);
            case "none" or "None": return new JinjaConstant(token.Line, JinjaNone.Instance);
            default: break;
        }
        if (withNamespace && tokens.SkipOperator(".")) { return new JinjaNamespaceTarget(token.Line, token.Text, tokens.Expect(JinjaTokenKind.Name).Text); }
        if (!isTarget && tokens.Read.TryPeek(out var read)) { read.Add(token.Text); }
        return new JinjaName(token.Line, token.Text);
    }

    JinjaExpression Parentheses(bool isTarget, bool withNamespace)
    {
        tokens.Next();
        var inside = isTarget ? Items(() => Primary(isTarget, withNamespace), inParentheses: true, end: null) : Tuple(inParentheses: true);
        tokens.ExpectOperator(")");
        return inside;
    }

    JinjaSequence List()
    {
        var line = tokens.Next().Line;
        var items = new List<JinjaExpression>();
        while (!tokens.IsOperator("]"))
        {
            if (items.Count > 0) { tokens.ExpectOperator(","); }
            if (tokens.IsOperator("]")) { break; }
            items.Add(Expression());
        }
        tokens.ExpectOperator("]");
        return new JinjaSequence(line, [.. items], IsTuple: false);
    }

    JinjaDictLiteral Dict()
    {
        var line = tokens.Next().Line;
        var items = new List<(JinjaExpression Key, JinjaExpression Value)>();
        while (!tokens.IsOperator("}"))
        {
            if (items.Count > 0) { tokens.ExpectOperator(","); }
            if (tokens.IsOperator("}")) { break; }
            var key = Expression();
            tokens.ExpectOperator(":");
            items.Add((key, Expression()));
        }
        tokens.ExpectOperator("}");
        return new JinjaDictLiteral(line, [.. items]);
    }

    JinjaExpression Postfix(JinjaExpression expression)
    {
        while (true)
        {
            if (tokens.IsOperator(".") || tokens.IsOperator("[")) { expression = Subscript(expression); }
            else if (tokens.IsOperator("(")) { expression = new JinjaCall(tokens.Current.Line, expression, Arguments()); }
            else { return expression; }
        }
    }

    JinjaExpression FilterExpression(JinjaExpression expression)
    {
        while (true)
        {
            if (tokens.IsOperator("|")) { expression = Filters(expression, startsInline: false)!; }
            else if (tokens.IsName("is")) { expression = Test(expression); }
            else if (tokens.IsOperator("(")) { expression = new JinjaCall(tokens.Current.Line, expression, Arguments()); }
            else { return expression; }
        }
    }

    JinjaExpression Test(JinjaExpression operand)
    {
        var line = tokens.Next().Line;
        var negated = tokens.SkipName("not");
        var name = DottedName();
        var arguments = JinjaCallArguments.None;
        if (tokens.IsOperator("(")) { arguments = Arguments(); }
        else if (tokens.Current.Kind is JinjaTokenKind.Name or JinjaTokenKind.Text or JinjaTokenKind.Number || tokens.IsOperator("[") || tokens.IsOperator("{"))
        {
            if (tokens.IsName("is")) { tokens.Fail("You cannot chain multiple tests with is"); }
            if (!tokens.IsName("else") && !tokens.IsName("or") && !tokens.IsName("and"))
            {
                tokens.Enter();
                arguments = new JinjaCallArguments([Postfix(Primary(isTarget: false, withNamespace: false))], [], null, null);
                tokens.Leave();
            }
        }
        if (!JinjaTests.All.ContainsKey(name)) { tokens.AddUnknown(line, $"No test named '{name}'."); }
        JinjaExpression test = new JinjaTest(line, operand, name, arguments);
        return negated ? new JinjaNot(line, test) : test;
    }

    string DottedName()
    {
        var name = tokens.Expect(JinjaTokenKind.Name).Text;
        while (tokens.SkipOperator(".")) { name += "." + tokens.Expect(JinjaTokenKind.Name).Text; }
        return name;
    }

    JinjaExpression Subscript(JinjaExpression target)
    {
        var token = tokens.Next();
        if (token.Text == ".")
        {
            var attribute = tokens.Next();
            if (attribute.Kind == JinjaTokenKind.Name) { return new JinjaAttribute(token.Line, target, attribute.Text); }
            if (attribute.Number is not JinjaInt) { tokens.Fail("expected name or number"); }
            return new JinjaItem(token.Line, target, new JinjaConstant(token.Line, attribute.Number!));
        }
        tokens.Enter();
        var indices = new List<JinjaExpression>();
        while (!tokens.IsOperator("]"))
        {
            if (indices.Count > 0) { tokens.ExpectOperator(","); }
            indices.Add(Index());
        }
        tokens.ExpectOperator("]");
        tokens.Leave();
        return new JinjaItem(token.Line, target, indices.Count == 1 ? indices[0] : new JinjaSequence(token.Line, [.. indices], IsTuple: true));
    }

    JinjaExpression Index()
    {
        var line = tokens.Current.Line;
        JinjaExpression? start = null, stop = null, step = null;
        if (!tokens.SkipOperator(":"))
        {
            start = Expression();
            if (!tokens.SkipOperator(":")) { return start; }
        }
        if (!tokens.IsOperator(":") && !tokens.IsOperator("]") && !tokens.IsOperator(",")) { stop = Expression(); }
        if (tokens.SkipOperator(":") && !tokens.IsOperator("]") && !tokens.IsOperator(",")) { step = Expression(); }
        return new JinjaSlice(line, start, stop, step);
    }

    JinjaCallArguments Arguments()
    {
        tokens.Enter();
        tokens.ExpectOperator("(");
        var positional = new List<JinjaExpression>();
        var named = new List<(string Name, JinjaExpression Value)>();
        JinjaExpression? star = null, doubleStar = null;
        for (var first = true; !tokens.IsOperator(")"); first = false)
        {
            if (!first)
            {
                tokens.ExpectOperator(",");
                if (tokens.IsOperator(")")) { break; }
            }
            if (tokens.SkipOperator("*"))
            {
                Ensure(star is null && doubleStar is null);
                star = Expression();
            }
            else if (tokens.SkipOperator("**"))
            {
                Ensure(doubleStar is null);
                doubleStar = Expression();
            }
            else if (tokens.Current.Kind == JinjaTokenKind.Name && tokens.Ahead.Is(JinjaTokenKind.Operator, "="))
            {
                Ensure(doubleStar is null);
                var name = tokens.Next().Text;
                tokens.Next();
                named.Add((name, Expression()));
            }
            else
            {
                Ensure(star is null && doubleStar is null && named.Count == 0);
                positional.Add(Expression());
            }
        }
        tokens.ExpectOperator(")");
        tokens.Leave();
        return new JinjaCallArguments([.. positional], [.. named], star, doubleStar);
    }

    void Ensure(bool isValid)
    {
        if (!isValid) { tokens.Fail("invalid syntax for function call expression"); }
    }
}
