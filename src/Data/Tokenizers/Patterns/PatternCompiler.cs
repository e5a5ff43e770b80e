using System.Diagnostics.CodeAnalysis;

namespace Ckpt.Data.Tokenizers.Patterns;

/// <summary>Makes steps of a parsed pattern.</summary>
sealed class PatternCompiler(string pattern, string where)
{
    const int MostSteps = 20_000;

    readonly List<PatternStep> _steps = [];
    int _total;

    internal static PatternStep[] Compile(string pattern, string where) =>
        new PatternCompiler(pattern, where).Whole(PatternParser.Parse(pattern, where));

    PatternStep[] Whole(PatternNode node)
    {
        Emit(node);
        Add(new PatternStep(PatternOp.Match));
        return [.. _steps];
    }

    PatternStep[] Inner(PatternNode node)
    {
        var inner = new PatternCompiler(pattern, where) { _total = _total };
        var steps = inner.Whole(node);
        _total = inner._total;
        return steps;
    }

    void Emit(PatternNode node)
    {
        switch (node.Kind)
        {
            case PatternKind.Empty: break;
            case PatternKind.Class: Add(new PatternStep(PatternOp.Char) { Class = node.Class }); break;
            case PatternKind.Concat:
                foreach (var part in node.Parts) { Emit(part); }
                break;
            case PatternKind.Alternate: EmitAlternatives(node); break;
            case PatternKind.Repeat: EmitRepeat(node); break;
            case PatternKind.Atomic: Add(new PatternStep(PatternOp.Atomic) { Inner = Inner(node.Parts[0]) }); break;
            case PatternKind.Ahead: Add(new PatternStep(PatternOp.Ahead) { Inner = Inner(node.Parts[0]), Negative = node.Negative }); break;
            case PatternKind.Behind: EmitBehind(node); break;
            default: Add(new PatternStep(PatternOp.Assert) { Edge = node.Kind }); break;
        }
    }

    void EmitAlternatives(PatternNode node)
    {
        var exits = new List<int>();
        for (var i = 0; i < node.Parts.Count; i++)
        {
            if (i + 1 == node.Parts.Count) { Emit(node.Parts[i]); break; }
            var split = Add(new PatternStep(PatternOp.Split));
            Emit(node.Parts[i]);
            exits.Add(Add(new PatternStep(PatternOp.Jump)));
            _steps[split] = new PatternStep(PatternOp.Split, split + 1, _steps.Count);
        }
        foreach (var exit in exits) { _steps[exit] = new PatternStep(PatternOp.Jump, _steps.Count); }
    }

    void EmitRepeat(PatternNode node)
    {
        var body = node.Parts[0];
        if (body.Kind is PatternKind.Class)
        {
            Add(new PatternStep(PatternOp.Run, node.Least, node.Most < 0 ? int.MaxValue : node.Most) { Class = body.Class, Greed = node.Greed });
            return;
        }
        if (node.Greed is RepeatGreed.Possessive)
        {
            Add(new PatternStep(PatternOp.Atomic) { Inner = Inner(node with { Greed = RepeatGreed.Greedy }) });
            return;
        }
        for (var i = 0; i < node.Least; i++) { Emit(body); }
        if (node.Most < 0)
        {
            if (Length(body).Least == 0) { Unsupported("an unbounded repetition of what may match nothing"); }
            var split = Add(new PatternStep(PatternOp.Split));
            Emit(body);
            Add(new PatternStep(PatternOp.Jump, split));
            _steps[split] = Choice(node, split + 1, _steps.Count);
            return;
        }
        var splits = new List<int>();
        for (var i = node.Least; i < node.Most; i++)
        {
            splits.Add(Add(new PatternStep(PatternOp.Split)));
            Emit(body);
        }
        foreach (var split in splits) { _steps[split] = Choice(node, split + 1, _steps.Count); }
    }

    static PatternStep Choice(PatternNode node, int again, int on) =>
        node.Greed is RepeatGreed.Lazy ? new PatternStep(PatternOp.Split, on, again) : new PatternStep(PatternOp.Split, again, on);

    void EmitBehind(PatternNode node)
    {
        var (least, most) = Length(node.Parts[0]);
        if (least != most) { Unsupported("a look behind of more than one length"); }
        Add(new PatternStep(PatternOp.Behind, (int)least) { Inner = Inner(node.Parts[0]), Negative = node.Negative });
    }

    /// <summary>How many characters a part takes; more than a million is a million.</summary>
    static (long Least, long Most) Length(PatternNode node)
    {
        const long Cap = 1_000_000;
        switch (node.Kind)
        {
            case PatternKind.Class: return (1, 1);
            case PatternKind.Atomic: return Length(node.Parts[0]);
            case PatternKind.Concat:
                var all = node.Parts.Select(Length).ToList();
                return (Math.Min(Cap, all.Sum(l => l.Least)), Math.Min(Cap, all.Sum(l => l.Most)));
            case PatternKind.Alternate:
                var each = node.Parts.Select(Length).ToList();
                return (each.Min(l => l.Least), each.Max(l => l.Most));
            case PatternKind.Repeat:
                var (least, most) = Length(node.Parts[0]);
                return (Math.Min(Cap, least * node.Least), node.Most < 0 ? Cap : Math.Min(Cap, most * node.Most));
            default: return (0, 0);
        }
    }

    int Add(PatternStep step)
    {
        if (++_total > MostSteps) { Unsupported($"more than {MostSteps} steps"); }
        _steps.Add(step);
        return _steps.Count - 1;
    }

    [DoesNotReturn]
    void Unsupported(string what) => PatternClasses.Throw.Unsupported(pattern, pattern.Length, where, what);
}
