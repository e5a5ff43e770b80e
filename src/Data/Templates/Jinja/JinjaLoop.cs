namespace Ckpt.Data.Templates.Jinja;

/// <summary>The <c>loop</c> of a for block: looks one item ahead when asked, counts all of them when asked.</summary>
sealed class JinjaLoop(IEnumerator<JinjaValue> items, long? length, int depth0, Func<JinjaValue, int, JinjaValue>? recurse) : JinjaValue("LoopContext")
{
    IEnumerator<JinjaValue> _items = items;
    long? _length = length;
    JinjaValue? _after;
    JinjaValue? _before;
    JinjaValue? _current;
    JinjaValue[]? _changed;

    internal long Index0 { get; private set; } = -1;

    /// <summary>Goes to the next item; null at the end.</summary>
    internal JinjaValue? Next()
    {
        var next = Peek();
        _after = null;
        if (next is null) { return null; }
        Index0++;
        (_before, _current) = (_current, next);
        return next;
    }

    internal long Length(JinjaRun run)
    {
        if (_length is { } known) { return known; }
        var rest = new List<JinjaValue>();
        while (_items.MoveNext())
        {
            run.PayItems(1);
            rest.Add(_items.Current);
        }
        _items = rest.GetEnumerator();
        _length = rest.Count + Index0 + 1 + (_after is null ? 0 : 1);
        return _length.Value;
    }

    internal JinjaValue? Attribute(JinjaRun run, string name) => name switch
    {
        "index" => new JinjaInt(Index0 + 1),
        "index0" => new JinjaInt(Index0),
        "revindex" => new JinjaInt(Length(run) - Index0),
        "revindex0" => new JinjaInt(Length(run) - Index0 - 1),
        "first" => JinjaBool.Of(Index0 == 0),
        "last" => JinjaBool.Of(Peek() is null),
        "length" => new JinjaInt(Length(run)),
        "depth" => new JinjaInt(depth0 + 1),
        "depth0" => new JinjaInt(depth0),
        "previtem" => Index0 == 0 ? new JinjaUndefined("there is no previous item") : _before,
        "nextitem" => Peek() ?? new JinjaUndefined("there is no next item"),
        "cycle" => new JinjaFunction(name, Cycle, "method"),
        "changed" => new JinjaFunction(name, Changed, "method"),
        _ => null,
    };

    /// <summary>loop(…): the body again, over other items, one level deeper.</summary>
    internal JinjaValue Call(JinjaArguments arguments)
    {
        if (recurse is null) { JinjaThrow.Type(arguments.Run, "The loop must have the 'recursive' marker to be called recursively."); }
        return recurse(arguments.Bind("loop", 1, "iterable")[0]!, depth0 + 1);
    }

    JinjaValue? Peek() => _after ??= _items.MoveNext() ? _items.Current : null;

    JinjaValue Cycle(JinjaArguments arguments)
    {
        if (arguments.Positional.Length == 0) { JinjaThrow.Type(arguments.Run, "no items for cycling given"); }
        return arguments.Positional[Index0 % arguments.Positional.Length];
    }

    JinjaBool Changed(JinjaArguments arguments)
    {
        if (_changed is not null && JinjaEquality.AreEqual(arguments.Run, new JinjaTuple(_changed), new JinjaTuple(arguments.Positional))) { return JinjaBool.False; }
        _changed = arguments.Positional;
        return JinjaBool.True;
    }
}
