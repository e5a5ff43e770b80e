using System.Numerics;

namespace Ckpt.Data.Templates.Jinja;

/// <summary>The functions of jinja2's environment, and the two that transformers adds.</summary>
static class JinjaGlobals
{
    /// <summary>Items that the sandbox lets a range have.</summary>
    const int MaxRange = 100_000;

    internal static JinjaScope Scope(JinjaRun run)
    {
        var scope = new JinjaScope(null);
        foreach (var (name, body) in s_functions) { scope.Set(name, new JinjaFunction(name, body)); }
        scope.Set("strftime_now", new JinjaFunction("strftime_now", a => new JinjaString(Strftime.Format(a.Run, Text(a, "strftime_now", "format"), run.Now))));
        return scope;
    }

    static readonly Dictionary<string, Func<JinjaArguments, JinjaValue>> s_functions = new(StringComparer.Ordinal)
    {
        ["range"] = Range,
        ["dict"] = Dict,
        ["namespace"] = Namespace,
        ["cycler"] = Cycler,
        ["joiner"] = Joiner,
        ["lipsum"] = a => { JinjaThrow.Unsupported(a.Run, "lipsum()"); return JinjaNone.Instance; },
        ["raise_exception"] = a => { JinjaThrow.Raised(a.Run, JinjaText.Str(a.Run, a.Bind("raise_exception", 1, "message")[0]!)); return JinjaNone.Instance; },
    };

    static string Text(JinjaArguments arguments, string function, string parameter)
    {
        var value = arguments.Bind(function, 1, parameter)[0];
        if (value is not JinjaString text) { throw JinjaThrow.Type(arguments.Run, $"{function}() argument must be str, not {value!.TypeName}"); }
        return text.Text;
    }

    static JinjaRange Range(JinjaArguments arguments)
    {
        var run = arguments.Run;
        if (arguments.Named.Count > 0) { JinjaThrow.Type(run, "range() takes no keyword arguments"); }
        var given = arguments.Bind("range", 1, "start", "stop", "step");
        var start = given[1] is null ? 0 : JinjaNumbers.Long(run, given[0]!);
        var stop = JinjaNumbers.Long(run, given[1] ?? given[0]!);
        var step = given[2] is null ? 1 : JinjaNumbers.Long(run, given[2]!);
        if (step == 0) { JinjaThrow.Value(run, "range() arg 3 must not be zero"); }
        var distance = step > 0 ? (BigInteger)stop - start : (BigInteger)start - stop;
        var count = distance.Sign <= 0 ? BigInteger.Zero : ((distance - 1) / BigInteger.Abs(step)) + 1;
        if (count > MaxRange) { JinjaThrow.Python(run, "OverflowError", $"Range too big. The sandbox blocks ranges larger than MAX_RANGE ({MaxRange})."); }
        return new JinjaRange(start, stop, step, (long)count);
    }

    static JinjaDict Dict(JinjaArguments arguments)
    {
        var dict = new JinjaDict();
        if (arguments.Positional.Length > 1) { JinjaThrow.Type(arguments.Run, "dict expected at most 1 argument"); }
        if (arguments.Positional is [var first]) { Add(arguments.Run, dict, first); }
        foreach (var (name, value) in arguments.Named) { dict.Items[new JinjaString(name)] = value; }
        return dict;
    }

    static void Add(JinjaRun run, JinjaDict dict, JinjaValue items)
    {
        if (items is JinjaDict other)
        {
            run.PayItems(other.Items.Count);
            foreach (var (key, value) in other.Items) { dict.Items[key] = value; }
            return;
        }
        foreach (var item in JinjaIteration.Items(run, items))
        {
            run.PayItems(1);
            var pair = JinjaIteration.ToArray(run, item);
            if (pair.Length != 2) { JinjaThrow.Value(run, $"dictionary update sequence element has length {pair.Length}; 2 is required"); }
            dict.Items[JinjaOperators.Hashable(run, pair[0])] = pair[1];
        }
    }

    static JinjaNamespace Namespace(JinjaArguments arguments)
    {
        var names = new JinjaNamespace();
        foreach (var (key, value) in Dict(arguments).Items)
        {
            if (key is JinjaString name) { names.Attributes[name.Text] = value; }
        }
        return names;
    }

    static JinjaNamespace Cycler(JinjaArguments arguments)
    {
        var items = arguments.Positional;
        if (items.Length == 0) { JinjaThrow.Type(arguments.Run, "at least one item has to be provided"); }
        var position = 0;
        var cycler = new JinjaNamespace();
        void Show() => cycler.Attributes["current"] = items[position];
        cycler.Attributes["items"] = new JinjaTuple(items);
        cycler.Attributes["next"] = new JinjaFunction("next", _ =>
        {
            var item = items[position];
            position = (position + 1) % items.Length;
            Show();
            return item;
        });
        cycler.Attributes["reset"] = new JinjaFunction("reset", _ =>
        {
            position = 0;
            Show();
            return JinjaNone.Instance;
        });
        Show();
        return cycler;
    }

    static JinjaFunction Joiner(JinjaArguments arguments)
    {
        var separator = arguments.Bind("joiner", 0, "sep")[0] ?? new JinjaString(", ");
        var used = false;
        return new JinjaFunction("joiner", _ =>
        {
            var text = used ? separator : JinjaString.Empty;
            used = true;
            return text;
        }, "Joiner");
    }
}
