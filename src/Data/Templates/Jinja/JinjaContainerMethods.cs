namespace Ckpt.Data.Templates.Jinja;

/// <summary>Methods of dict, list, tuple and range that change nothing.</summary>
static class JinjaContainerMethods
{
    internal static JinjaValue? Find(JinjaDict dict, string name) => name switch
    {
        "keys" => Method(name, a => View(a, "dict_keys", dict.Items.Keys)),
        "values" => Method(name, a => View(a, "dict_values", dict.Items.Values)),
        "items" => Method(name, a => View(a, "dict_items", dict.Items.Select(pair => new JinjaTuple([pair.Key, pair.Value])))),
        "get" => Method(name, a => Get(dict, a)),
        "copy" => Method(name, _ => dict),
        _ => null,
    };

    internal static JinjaValue? Find(JinjaValue sequence, JinjaValue[] items, string name) => name switch
    {
        "index" => Method(name, a => IndexOf(items, a)),
        "count" => Method(name, a => new JinjaInt(items.Count(item => JinjaEquality.AreEqual(Paid(a.Run), item, a.Bind("count", 1, "value")[0]!)))),
        "copy" when sequence is JinjaList => Method(name, _ => sequence),
        _ => null,
    };

    internal static JinjaValue? Find(JinjaRange range, string name) => name switch
    {
        "start" => new JinjaInt(range.Start),
        "stop" => new JinjaInt(range.Stop),
        "step" => new JinjaInt(range.Step),
        "index" or "count" => Method(name, a => ((JinjaFunction)Find(range, JinjaIteration.ToArray(a.Run, range), name)!).Body(a)),
        _ => null,
    };

    /// <summary>The pairs of a dict, lazily: the filter <c>items</c>.</summary>
    internal static IEnumerable<JinjaValue> Pairs(JinjaRun run, JinjaDict dict)
    {
        foreach (var (key, value) in dict.Items)
        {
            run.PayItems(1);
            yield return new JinjaTuple([key, value]);
        }
    }

    static JinjaFunction Method(string name, Func<JinjaArguments, JinjaValue> body) => new(name, body, "builtin_function_or_method");

    static JinjaView View(JinjaArguments arguments, string type, IEnumerable<JinjaValue> items)
    {
        arguments.Bind(type, 0);
        var view = items.ToArray();
        arguments.Run.PayItems(view.Length);
        return new JinjaView(type, view);
    }

    static JinjaValue Get(JinjaDict dict, JinjaArguments arguments)
    {
        if (arguments.Named.Count > 0) { JinjaThrow.Type(arguments.Run, "dict.get() takes no keyword arguments"); }
        var given = arguments.Bind("get", 1, "key", "default");
        return dict.Items.TryGetValue(JinjaOperators.Hashable(arguments.Run, given[0]!), out var value) ? value : given[1] ?? JinjaNone.Instance;
    }

    static JinjaInt IndexOf(JinjaValue[] items, JinjaArguments arguments)
    {
        var run = arguments.Run;
        var given = arguments.Bind("index", 1, "value", "start", "stop");
        var start = Position(given[1] is null ? 0 : JinjaNumbers.Long(run, given[1]!), items.Length);
        var stop = Position(given[2] is null ? items.Length : JinjaNumbers.Long(run, given[2]!), items.Length);
        for (var i = start; i < stop; i++)
        {
            if (JinjaEquality.AreEqual(Paid(run), items[i], given[0]!)) { return new JinjaInt(i); }
        }
        JinjaThrow.Value(run, "value is not in list");
        return new JinjaInt(-1);
    }

    static long Position(long index, long length) => Math.Clamp(index < 0 ? Math.Max(index, -length) + length : index, 0, length);

    static JinjaRun Paid(JinjaRun run)
    {
        run.Step();
        return run;
    }
}
