using System.Text;

namespace Ckpt.Data.Templates.Jinja;

/// <summary>Statements to text. One is made for one rendering.</summary>
sealed class JinjaInterpreter
{
    enum Flow { On, Continue, Break }

    readonly JinjaRun _run;
    readonly JinjaEvaluator _evaluator;
    readonly StringBuilder _root = new();
    readonly List<GenerationRange> _generations = [];
    StringBuilder _to;

    JinjaInterpreter(JinjaRun run)
    {
        _run = run;
        _evaluator = new JinjaEvaluator(run, CallMacro);
        _to = _root;
    }

    /// <summary>Renders a template with these variables.</summary>
    internal static RenderedChat Render(JinjaStatement[] body, IEnumerable<KeyValuePair<string, JinjaValue>> variables, JinjaRun run)
    {
        var interpreter = new JinjaInterpreter(run);
        var globals = new JinjaScope(JinjaGlobals.Scope(run));
        foreach (var (name, value) in variables) { globals.Set(name, value); }
        interpreter.Execute(body, globals);
        return new RenderedChat(interpreter._root.ToString(), interpreter._generations);
    }

    Flow Execute(JinjaStatement[] body, JinjaScope scope)
    {
        foreach (var statement in body)
        {
            var flow = Execute(statement, scope);
            if (flow != Flow.On) { return flow; }
        }
        return Flow.On;
    }

    Flow Execute(JinjaStatement statement, JinjaScope scope)
    {
        _run.Enter();
        _run.Line = statement.Line;
        var flow = Flow.On;
        switch (statement)
        {
            case JinjaData data: Write(data.Text); break;
            case JinjaOutput output: Write(JinjaText.Str(_run, _evaluator.Evaluate(output.Value, scope))); break;
            case JinjaIf condition: flow = If(condition, scope); break;
            case JinjaFor loop: For(loop, _evaluator.Evaluate(loop.Items, scope), scope, 0); break;
            case JinjaSet set: Assign(set.Target, _evaluator.Evaluate(set.Value, scope), scope); break;
            case JinjaSetBlock block: flow = SetBlock(block, scope); break;
            case JinjaWith with: flow = With(with, scope); break;
            case JinjaFilterBlock block: flow = FilterBlock(block, scope); break;
            case JinjaMacroDefinition macro: scope.Set(macro.Name, new JinjaMacro(macro.Name, macro.Signature, macro.Body, scope)); break;
            case JinjaCallBlock call: Write(JinjaText.Str(_run, _evaluator.Call(call.Call, scope, new JinjaMacro(null, call.Signature, call.Body, scope)))); break;
            case JinjaBlock { IsGeneration: true } block: Generation(block, scope); break;
            case JinjaBlock block: flow = Execute(block.Body, new JinjaScope(scope)); break;
            case JinjaJump jump: flow = jump.IsBreak ? Flow.Break : Flow.Continue; break;
            default: JinjaThrow.Type(_run, "no loader for this environment specified"); break;
        }
        _run.Leave();
        return flow;
    }

    void Write(string text)
    {
        _run.Pay(text.Length);
        if ((long)_to.Length + text.Length > _run.MaxOutput) { JinjaThrow.Limit(_run, $"an output of more than {_run.MaxOutput} characters"); }
        _to.Append(text);
    }

    /// <summary>What a body writes, as a string of its own.</summary>
    (string Text, Flow Flow) Capture(JinjaStatement[] body, JinjaScope scope)
    {
        var outer = _to;
        _to = new StringBuilder();
        var flow = Execute(body, scope);
        var text = _to.ToString();
        _to = outer;
        _run.Pay(text.Length);
        return (text, flow);
    }

    Flow If(JinjaIf condition, JinjaScope scope)
    {
        foreach (var (test, body) in condition.Branches)
        {
            if (_evaluator.Truth(test, scope)) { return Execute(body, scope); }
        }
        return Execute(condition.Else, scope);
    }

    void For(JinjaFor statement, JinjaValue items, JinjaScope scope, int depth0)
    {
        var length = statement.Test is null ? JinjaIteration.Length(_run, items) : null;
        var source = JinjaIteration.Items(_run, items);
        if (statement.Test is not null) { source = Filtered(statement, source, scope); }
        var loop = new JinjaLoop(source.GetEnumerator(), length, depth0, statement.IsRecursive ? (inner, depth) => Recurse(statement, inner, scope, depth) : null);
        while (loop.Next() is { } item)
        {
            _run.Step();
            var inside = new JinjaScope(scope);
            inside.Set("loop", loop);
            Assign(statement.Target, item, inside);
            if (Execute(statement.Body, inside) == Flow.Break) { break; }
        }
        if (loop.Index0 < 0) { Execute(statement.Else, new JinjaScope(scope)); }
    }

    IEnumerable<JinjaValue> Filtered(JinjaFor statement, IEnumerable<JinjaValue> items, JinjaScope scope)
    {
        foreach (var item in items)
        {
            var inside = new JinjaScope(scope);
            Assign(statement.Target, item, inside);
            if (_evaluator.Truth(statement.Test!, inside)) { yield return item; }
        }
    }

    JinjaString Recurse(JinjaFor statement, JinjaValue items, JinjaScope scope, int depth0)
    {
        _run.Enter();
        var outer = _to;
        _to = new StringBuilder();
        For(statement, items, scope, depth0);
        var text = _to.ToString();
        _to = outer;
        _run.Leave();
        return new JinjaString(text);
    }

    Flow SetBlock(JinjaSetBlock block, JinjaScope scope)
    {
        var inside = new JinjaScope(scope);
        var (text, flow) = Capture(block.Body, inside);
        if (flow != Flow.On) { return flow; }
        JinjaValue value = new JinjaString(text);
        Assign(block.Target, block.Filter is null ? value : _evaluator.Filters(block.Filter, value, inside), scope);
        return flow;
    }

    Flow FilterBlock(JinjaFilterBlock block, JinjaScope scope)
    {
        var inside = new JinjaScope(scope);
        var (text, flow) = Capture(block.Body, inside);
        if (flow == Flow.On) { Write(JinjaText.Str(_run, _evaluator.Filters(block.Filter, new JinjaString(text), inside))); }
        return flow;
    }

    Flow With(JinjaWith with, JinjaScope scope)
    {
        var inside = new JinjaScope(scope);
        foreach (var (target, value) in with.Values) { Assign(target, _evaluator.Evaluate(value, scope), inside); }
        return Execute(with.Body, inside);
    }

    // TPL-4.1: as transformers counts, from what the template itself has written so far.
    void Generation(JinjaBlock block, JinjaScope scope)
    {
        var (text, _) = Capture(block.Body, new JinjaScope(scope));
        _generations.Add(new GenerationRange(_root.Length, _root.Length + text.Length));
        Write(text);
    }

    void Assign(JinjaExpression target, JinjaValue value, JinjaScope scope)
    {
        switch (target)
        {
            case JinjaName name: scope.Set(name.Name, value); break;
            case JinjaNamespaceTarget attribute:
                if (scope.Find(attribute.Name) is not JinjaNamespace names) { throw JinjaThrow.Runtime(_run, "cannot assign attribute on non-namespace object"); }
                _run.PayItems(1);
                names.Attributes[attribute.Attribute] = value;
                break;
            default: Unpack(((JinjaSequence)target).Items, value, scope); break;
        }
    }

    void Unpack(JinjaExpression[] targets, JinjaValue value, JinjaScope scope)
    {
        if (!JinjaIteration.IsIterable(value)) { JinjaThrow.Type(_run, $"cannot unpack non-iterable {value.TypeName} object"); }
        var values = JinjaIteration.ToArray(_run, value);
        if (values.Length != targets.Length) { JinjaThrow.Value(_run, $"{values.Length} values to unpack, {targets.Length} expected"); }
        for (var i = 0; i < values.Length; i++) { Assign(targets[i], values[i], scope); }
    }

    JinjaString CallMacro(JinjaMacro macro, JinjaArguments arguments)
    {
        _run.Enter();
        var inside = new JinjaScope(macro.Scope);
        BindMacro(macro, arguments, inside);
        var (text, _) = Capture(macro.Body, inside);
        _run.Leave();
        return new JinjaString(text);
    }

    void BindMacro(JinjaMacro macro, JinjaArguments arguments, JinjaScope inside)
    {
        var (name, signature) = (macro.Name ?? "None", macro.Signature);
        var named = new OrderedDictionary<string, JinjaValue>(arguments.Named, StringComparer.Ordinal);
        for (var i = 0; i < signature.Names.Length; i++)
        {
            var parameter = signature.Names[i];
            JinjaValue? value = null;
            if (i < arguments.Positional.Length) { value = arguments.Positional[i]; }
            else if (named.Remove(parameter, out var given)) { value = given; }
            else if (signature.Defaults[i] is { } written) { value = _evaluator.Evaluate(written, inside); }
            inside.Set(parameter, value ?? new JinjaUndefined($"parameter '{parameter}' was not provided"));
        }
        if (signature.UsesCaller) { inside.Set("caller", named.Remove("caller", out var caller) ? caller : new JinjaUndefined("No caller defined")); }
        if (signature.UsesKwargs)
        {
            var rest = new JinjaDict();
            foreach (var (key, value) in named) { rest.Items[new JinjaString(key)] = value; }
            inside.Set("kwargs", rest);
        }
        else if (named.Count > 0) { JinjaThrow.Type(_run, $"macro '{name}' takes no keyword argument '{named.First().Key}'"); }
        if (signature.UsesVarargs) { inside.Set("varargs", new JinjaTuple(arguments.Skip(signature.Names.Length).Positional)); }
        else if (arguments.Positional.Length > signature.Names.Length) { JinjaThrow.Type(_run, $"macro '{name}' takes not more than {signature.Names.Length} argument(s)"); }
    }
}
