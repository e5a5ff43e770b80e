namespace Ckpt.Data.Templates.Jinja;

/// <summary>What can be looped over, and the lists that come of it.</summary>
static class JinjaIteration
{
    internal static bool IsIterable(JinjaValue value) =>
        value is JinjaList or JinjaTuple or JinjaDict or JinjaString or JinjaView or JinjaRange or JinjaIterator or JinjaUndefined or JinjaLoop;

    /// <summary>The items in order, each paid for as it comes.</summary>
    internal static IEnumerable<JinjaValue> Items(JinjaRun run, JinjaValue value)
    {
        if (!IsIterable(value) || value is JinjaLoop) { JinjaThrow.Type(run, $"'{value.TypeName}' object is not iterable"); }
        return value switch
        {
            JinjaIterator iterator => Drain(run, iterator),
            _ => Stepping(run, Plain(value)),
        };
    }

    /// <summary>list().</summary>
    internal static JinjaValue[] ToArray(JinjaRun run, JinjaValue value)
    {
        if (value is JinjaList list) { return list.Items; }
        if (value is JinjaTuple tuple) { return tuple.Items; }
        var items = new List<JinjaValue>();
        foreach (var item in Items(run, value))
        {
            run.PayItems(1);
            items.Add(item);
        }
        return [.. items];
    }

    /// <summary>len(), or null where Python has none.</summary>
    internal static long? Length(JinjaRun run, JinjaValue value) => value switch
    {
        JinjaString text => PythonText.Length(text.Text),
        JinjaList list => list.Items.Length,
        JinjaTuple tuple => tuple.Items.Length,
        JinjaDict dict => dict.Items.Count,
        JinjaView view => view.Items.Length,
        JinjaRange range => range.Count,
        JinjaLoop loop => loop.Length(run),
        JinjaUndefined => 0,
        _ => null,
    };

    static IEnumerable<JinjaValue> Plain(JinjaValue value) => value switch
    {
        JinjaList list => list.Items,
        JinjaTuple tuple => tuple.Items,
        JinjaDict dict => dict.Items.Keys,
        JinjaView view => view.Items,
        JinjaString text => PythonText.Characters(text.Text).Select(c => new JinjaString(c)),
        JinjaRange range => Counting(range),
        _ => [],
    };

    static IEnumerable<JinjaValue> Counting(JinjaRange range)
    {
        for (var i = 0L; i < range.Count; i++) { yield return range.At(i); }
    }

    static IEnumerable<JinjaValue> Stepping(JinjaRun run, IEnumerable<JinjaValue> items)
    {
        foreach (var item in items)
        {
            run.Step();
            yield return item;
        }
    }

    static IEnumerable<JinjaValue> Drain(JinjaRun run, JinjaIterator iterator)
    {
        while (iterator.Next(run) is { } item) { yield return item; }
    }
}
