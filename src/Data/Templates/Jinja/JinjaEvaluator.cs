namespace Ckpt.Data.Templates.Jinja;

/// <summary>Expressions to values.</summary>
sealed class JinjaEvaluator(JinjaRun run, Func<JinjaMacro, JinjaArguments, JinjaValue> callMacro)
{
    internal JinjaValue Evaluate(JinjaExpression expression, JinjaScope scope)
    {
        run.Enter();
        run.Line = expression.Line;
        var value = expression switch
        {
            JinjaConstant constant => constant.Value,
            JinjaName name => scope.Find(name.Name) ?? new JinjaUndefined($"'{name.Name}' is undefined"),
            JinjaAttribute attribute => JinjaAccess.Attribute(run, Evaluate(attribute.Target, scope), attribute.Name),
            JinjaItem item => Item(item, scope),
            JinjaCall call => Call(call, scope, null),
            JinjaFilter filter => Filter(filter, Evaluate(filter.Operand!, scope), scope),
            JinjaTest test => Test(test, scope),
            JinjaBinary binary => JinjaOperators.Binary(run, binary.Sign, Evaluate(binary.Left, scope), Evaluate(binary.Right, scope)),
            JinjaComparison comparison => Comparison(comparison, scope),
            JinjaLogical logical => Logical(logical, scope),
            JinjaNot not => JinjaBool.Of(!Truth(not.Operand, scope)),
            JinjaConditional conditional => Conditional(conditional, scope),
            JinjaConcat concat => JinjaOperators.Concat(run, Values(concat.Parts, scope)),
            JinjaUnary unary => JinjaOperators.Unary(run, unary.Sign, Evaluate(unary.Operand, scope)),
            JinjaSequence { IsTuple: true } tuple => new JinjaTuple(Values(tuple.Items, scope)),
            JinjaSequence list => new JinjaList(Values(list.Items, scope)),
            JinjaDictLiteral dict => Dict(dict, scope),
            // A slice outside brackets cannot be parsed, and one among several indices is no key of anything.
            _ => new JinjaUndefined("a slice is no value"),
        };
        run.Leave();
        return value;
    }

    internal bool Truth(JinjaExpression expression, JinjaScope scope) => JinjaOperators.Truth(run, Evaluate(expression, scope));

    /// <summary>A call, with the body of a call block where it has one.</summary>
    internal JinjaValue Call(JinjaCall call, JinjaScope scope, JinjaMacro? caller)
    {
        var target = Evaluate(call.Target, scope);
        var arguments = Arguments([], call.Arguments, scope, caller);
        run.Line = call.Line;
        return Invoke(target, arguments);
    }

    /// <summary>A filter on a value; a block's filters stand on what the block wrote.</summary>
    internal JinjaValue Filter(JinjaFilter filter, JinjaValue operand, JinjaScope scope)
    {
        if (!JinjaFilters.All.TryGetValue(filter.Name, out var apply)) { JinjaThrow.Runtime(run, $"No filter named '{filter.Name}' found."); }
        var arguments = Arguments([operand], filter.Arguments, scope, null);
        run.Line = filter.Line;
        return apply(arguments);
    }

    /// <summary>The filters of a filter block or a set block.</summary>
    internal JinjaValue Filters(JinjaExpression filters, JinjaValue written, JinjaScope scope)
    {
        var chain = new Stack<JinjaFilter>();
        for (var filter = (JinjaFilter?)filters; filter is not null; filter = (JinjaFilter?)filter.Operand) { chain.Push(filter); }
        return chain.Aggregate(written, (value, filter) => Filter(filter, value, scope));
    }

    JinjaValue Invoke(JinjaValue target, JinjaArguments arguments)
    {
        switch (target)
        {
            case JinjaFunction function: return function.Body(arguments);
            case JinjaMacro macro: return callMacro(macro, arguments);
            case JinjaLoop loop: return loop.Call(arguments);
            case JinjaUndefined undefined: JinjaOperators.Refuse(run, undefined); break;
            default: JinjaThrow.Type(run, $"'{target.TypeName}' object is not callable"); break;
        }
        return target;
    }

    JinjaArguments Arguments(JinjaValue[] first, JinjaCallArguments written, JinjaScope scope, JinjaMacro? caller)
    {
        if (first.Length + written.Positional.Length + written.Named.Length == 0 && written.Star is null && written.DoubleStar is null && caller is null)
        {
            return new JinjaArguments(run, [], JinjaArguments.NoNames);
        }
        var positional = new List<JinjaValue>(first);
        foreach (var argument in written.Positional) { positional.Add(Evaluate(argument, scope)); }
        if (written.Star is not null)
        {
            run.PayItems(positional.Count);
            positional.AddRange(JinjaIteration.ToArray(run, Evaluate(written.Star, scope)));
        }
        var named = new OrderedDictionary<string, JinjaValue>(StringComparer.Ordinal);
        foreach (var (name, value) in written.Named)
        {
            if (!named.TryAdd(name, Evaluate(value, scope))) { JinjaThrow.Syntax(run.Where, run.Line, $"keyword argument repeated: {name}", "SyntaxError"); }
        }
        if (caller is not null) { named["caller"] = caller; }
        if (written.DoubleStar is not null) { AddNamed(named, Evaluate(written.DoubleStar, scope)); }
        return new JinjaArguments(run, [.. positional], named);
    }

    void AddNamed(OrderedDictionary<string, JinjaValue> named, JinjaValue more)
    {
        if (more is not JinjaDict dict) { throw JinjaThrow.Type(run, $"argument after ** must be a mapping, not {more.TypeName}"); }
        run.PayItems(dict.Items.Count);
        foreach (var (key, value) in dict.Items)
        {
            if (key is not JinjaString name) { throw JinjaThrow.Type(run, "keywords must be strings"); }
            if (!named.TryAdd(name.Text, value)) { JinjaThrow.Type(run, $"got multiple values for keyword argument '{name.Text}'"); }
        }
    }

    JinjaBool Test(JinjaTest test, JinjaScope scope)
    {
        var operand = Evaluate(test.Operand, scope);
        if (!JinjaTests.All.TryGetValue(test.Name, out var apply)) { JinjaThrow.Runtime(run, $"No test named '{test.Name}' found."); }
        return JinjaBool.Of(apply(Arguments([operand], test.Arguments, scope, null)));
    }

    JinjaValue[] Values(JinjaExpression[] expressions, JinjaScope scope)
    {
        run.PayItems(expressions.Length);
        var values = new JinjaValue[expressions.Length];
        for (var i = 0; i < values.Length; i++) { values[i] = Evaluate(expressions[i], scope); }
        return values;
    }

    JinjaDict Dict(JinjaDictLiteral literal, JinjaScope scope)
    {
        run.PayItems(literal.Items.Length * 2L);
        var dict = new JinjaDict();
        foreach (var (key, value) in literal.Items)
        {
            var evaluated = Evaluate(key, scope);
            dict.Items[JinjaOperators.Hashable(run, evaluated)] = Evaluate(value, scope);
        }
        return dict;
    }

    JinjaBool Comparison(JinjaComparison comparison, JinjaScope scope)
    {
        var left = Evaluate(comparison.First, scope);
        foreach (var (sign, operand) in comparison.Rest)
        {
            var right = Evaluate(operand, scope);
            if (!JinjaOperators.Compare(run, sign, left, right)) { return JinjaBool.False; }
            left = right;
        }
        return JinjaBool.True;
    }

    JinjaValue Logical(JinjaLogical logical, JinjaScope scope)
    {
        var left = Evaluate(logical.Left, scope);
        return JinjaOperators.Truth(run, left) == logical.IsAnd ? Evaluate(logical.Right, scope) : left;
    }

    JinjaValue Conditional(JinjaConditional conditional, JinjaScope scope)
    {
        if (Truth(conditional.Test, scope)) { return Evaluate(conditional.Then, scope); }
        return conditional.Else is null
            ? new JinjaUndefined("the inline if-expression evaluated to false and no else section was defined.")
            : Evaluate(conditional.Else, scope);
    }

    JinjaValue Item(JinjaItem item, JinjaScope scope)
    {
        var target = Evaluate(item.Target, scope);
        if (item.Index is not JinjaSlice slice) { return JinjaAccess.Item(run, target, Evaluate(item.Index, scope)); }
        return JinjaAccess.Slice(run, target, Bound(slice.Start, scope), Bound(slice.Stop, scope), Bound(slice.Step, scope), IsConstant(item.Target));
    }

    static bool IsConstant(JinjaExpression expression) => expression switch
    {
        JinjaConstant => true,
        JinjaSequence sequence => sequence.Items.All(IsConstant),
        JinjaDictLiteral dict => dict.Items.All(pair => IsConstant(pair.Key) && IsConstant(pair.Value)),
        JinjaNot not => IsConstant(not.Operand),
        JinjaUnary unary => IsConstant(unary.Operand),
        JinjaBinary binary => IsConstant(binary.Left) && IsConstant(binary.Right),
        JinjaLogical logical => IsConstant(logical.Left) && IsConstant(logical.Right),
        JinjaComparison comparison => IsConstant(comparison.First) && comparison.Rest.All(rest => IsConstant(rest.Operand)),
        JinjaConcat concat => concat.Parts.All(IsConstant),
        JinjaItem item => IsConstant(item.Target) && IsConstant(item.Index),
        JinjaSlice slice => ((JinjaExpression?[])[slice.Start, slice.Stop, slice.Step]).All(bound => bound is null || IsConstant(bound)),
        JinjaAttribute attribute => IsConstant(attribute.Target),
        JinjaTest test => IsConstant(test.Operand) && test.Arguments.Positional.All(IsConstant),
        _ => false,
    };

    JinjaValue? Bound(JinjaExpression? bound, JinjaScope scope)
    {
        if (bound is null) { return null; }
        var value = Evaluate(bound, scope);
        return value is JinjaNone ? null : value;
    }
}
