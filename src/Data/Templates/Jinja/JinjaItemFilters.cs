using System.Text;

namespace Ckpt.Data.Templates.Jinja;

/// <summary>Filters on sequences and dicts that neither order nor choose.</summary>
static class JinjaItemFilters
{
    internal static JinjaValue Attr(JinjaArguments arguments)
    {
        var given = arguments.Bind("attr", 2, "obj", "name");
        if (given[1] is not JinjaString name) { throw JinjaThrow.Type(arguments.Run, "attribute name must be string"); }
        return JinjaAccess.OnlyAttribute(arguments.Run, given[0]!, name.Text);
    }

    internal static JinjaValue Length(JinjaArguments arguments)
    {
        var value = arguments.Bind("length", 1, "obj")[0]!;
        if (value is JinjaString text) { arguments.Run.Pay(text.Text.Length / 8); }
        if (JinjaIteration.Length(arguments.Run, value) is not { } length) { throw JinjaThrow.Type(arguments.Run, $"object of type '{value.TypeName}' has no len()"); }
        return new JinjaInt(length);
    }

    internal static JinjaValue Default(JinjaArguments arguments)
    {
        var given = arguments.Bind("default", 1, "value", "default_value", "boolean");
        var falls = given[0] is JinjaUndefined || (given[2] is { } boolean && JinjaOperators.Truth(arguments.Run, boolean) && !JinjaOperators.Truth(arguments.Run, given[0]!));
        return falls ? given[1] ?? JinjaString.Empty : given[0]!;
    }

    internal static JinjaValue First(JinjaArguments arguments)
    {
        var value = arguments.Bind("first", 1, "seq")[0]!;
        return JinjaIteration.Items(arguments.Run, value).FirstOrDefault() ?? new JinjaUndefined("No first item, sequence was empty.");
    }

    internal static JinjaValue Last(JinjaArguments arguments)
    {
        var value = arguments.Bind("last", 1, "seq")[0]!;
        return Reversed(arguments.Run, value)?.FirstOrDefault() ?? new JinjaUndefined("No last item, sequence was empty.");
    }

    internal static JinjaValue Reverse(JinjaArguments arguments)
    {
        var run = arguments.Run;
        var value = arguments.Bind("reverse", 1, "value")[0]!;
        if (value is JinjaString text)
        {
            run.Pay(text.Text.Length);
            return new JinjaString(string.Concat(PythonText.Characters(text.Text).Reverse()), text.IsMarkup);
        }
        if (!JinjaIteration.IsIterable(value)) { JinjaThrow.Argument(run, "argument must be iterable"); }
        if (value is JinjaIterator) { return new JinjaList([.. JinjaIteration.ToArray(run, value).Reverse()]); }
        return new JinjaIterator(Reversed(run, value)!);
    }

    internal static JinjaValue Join(JinjaArguments arguments)
    {
        var run = arguments.Run;
        var given = arguments.Bind("join", 1, "value", "d", "attribute");
        var separator = given[1] is null ? "" : JinjaText.Str(run, given[1]!);
        var attribute = JinjaAttributePath.Of(run, given[2]);
        return Join(run, separator, JinjaIteration.Items(run, given[0]!).Select(item => JinjaText.Str(run, attribute(item))));
    }

    internal static JinjaString Join(JinjaRun run, string separator, IEnumerable<string> parts)
    {
        var text = new StringBuilder();
        var any = false;
        foreach (var part in parts)
        {
            if (any) { text.Append(separator); }
            run.Pay((long)part.Length + separator.Length);
            text.Append(part);
            any = true;
        }
        return new JinjaString(text.ToString());
    }

    internal static JinjaValue Items(JinjaArguments arguments)
    {
        var value = arguments.Bind("items", 1, "value")[0]!;
        if (value is JinjaUndefined) { return new JinjaIterator([]); }
        return new JinjaIterator(value is JinjaDict dict ? JinjaContainerMethods.Pairs(arguments.Run, dict) : NotPairs(arguments.Run));
    }

    internal static JinjaValue Batch(JinjaArguments arguments)
    {
        var run = arguments.Run;
        var given = arguments.Bind("batch", 2, "value", "linecount", "fill_with");
        var size = JinjaNumbers.Long(run, given[1]!);
        return new JinjaIterator(Batches(run, given[0]!, size, given[2] is null or JinjaNone ? null : given[2]));
    }

    internal static JinjaValue Slice(JinjaArguments arguments)
    {
        var run = arguments.Run;
        var given = arguments.Bind("slice", 2, "value", "slices", "fill_with");
        var slices = JinjaNumbers.Long(run, given[1]!);
        return new JinjaIterator(Slices(run, given[0]!, slices, given[2] is null or JinjaNone ? null : given[2]));
    }

    // Lazily refused, as Python's generator is: nothing happens unless somebody reads it.
    static IEnumerable<JinjaValue> NotPairs(JinjaRun run)
    {
        if (run.Line >= 0) { JinjaThrow.Type(run, "Can only get item pairs from a mapping."); }
        yield break;
    }

    static IEnumerable<JinjaValue> Batches(JinjaRun run, JinjaValue value, long size, JinjaValue? fill)
    {
        var batch = new List<JinjaValue>();
        foreach (var item in JinjaIteration.Items(run, value))
        {
            if (batch.Count == size)
            {
                yield return new JinjaList([.. batch]);
                batch.Clear();
            }
            run.PayItems(1);
            batch.Add(item);
        }
        if (batch.Count == 0) { yield break; }
        if (fill is not null && batch.Count < size)
        {
            run.PayItems(size - batch.Count);
            batch.AddRange(Enumerable.Repeat(fill, (int)(size - batch.Count)));
        }
        yield return new JinjaList([.. batch]);
    }

    static IEnumerable<JinjaValue> Slices(JinjaRun run, JinjaValue value, long slices, JinjaValue? fill)
    {
        var items = JinjaIteration.ToArray(run, value);
        if (slices == 0) { JinjaThrow.Python(run, "ZeroDivisionError", "integer modulo by zero"); }
        if (slices < 0) { yield break; }
        var (each, extra, offset) = (items.Length / slices, items.Length % slices, 0L);
        for (var i = 0L; i < slices; i++)
        {
            var start = offset + (i * each);
            if (i < extra) { offset++; }
            var end = offset + ((i + 1) * each);
            run.PayItems(end - start + 1);
            var slice = items[(int)start..(int)end].ToList();
            if (fill is not null && i >= extra) { slice.Add(fill); }
            yield return new JinjaList([.. slice]);
        }
    }

    /// <summary>reversed(): of sequences and dicts, not of generators.</summary>
    static IEnumerable<JinjaValue>? Reversed(JinjaRun run, JinjaValue value)
    {
        if (value is JinjaIterator || !JinjaIteration.IsIterable(value)) { JinjaThrow.Type(run, $"'{value.TypeName}' object is not reversible"); }
        return value switch
        {
            JinjaList list => Backwards(list.Items),
            JinjaTuple tuple => Backwards(tuple.Items),
            JinjaView view => Backwards(view.Items),
            JinjaRange range => Enumerable.Range(1, (int)range.Count).Select(i => (JinjaValue)range.At(range.Count - i)),
            _ => Backwards(JinjaIteration.ToArray(run, value)),
        };
    }

    static IEnumerable<JinjaValue> Backwards(JinjaValue[] items)
    {
        for (var i = items.Length - 1; i >= 0; i--) { yield return items[i]; }
    }
}
