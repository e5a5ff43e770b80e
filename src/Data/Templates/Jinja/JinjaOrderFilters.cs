namespace Ckpt.Data.Templates.Jinja;

/// <summary>Filters that compare items: sort, group, extremes, unique.</summary>
static class JinjaOrderFilters
{
    internal static JinjaValue Sort(JinjaArguments arguments)
    {
        var run = arguments.Run;
        var given = arguments.Bind("sort", 1, "value", "reverse", "case_sensitive", "attribute");
        var key = JinjaAttributePath.Many(run, given[3], JinjaAttributePath.IgnoreCase(Flag(run, given[2])));
        return new JinjaList([.. JinjaSort.Sorted(run, JinjaIteration.ToArray(run, given[0]!), key, Flag(run, given[1]))]);
    }

    internal static JinjaValue DictSort(JinjaArguments arguments)
    {
        var run = arguments.Run;
        var given = arguments.Bind("dictsort", 1, "value", "case_sensitive", "by", "reverse");
        var by = given[2] is null ? "key" : JinjaText.Str(run, given[2]!);
        if (by is not ("key" or "value")) { JinjaThrow.Argument(run, "You can only sort by either \"key\" or \"value\""); }
        if (given[0] is JinjaUndefined undefined) { JinjaOperators.Refuse(run, undefined); }
        if (given[0] is not JinjaDict dict) { throw JinjaThrow.Python(run, "AttributeError", $"'{given[0]!.TypeName}' object has no attribute 'items'"); }
        var fold = JinjaAttributePath.IgnoreCase(Flag(run, given[1]));
        var pairs = JinjaContainerMethods.Pairs(run, dict).ToArray();
        return new JinjaList([.. JinjaSort.Sorted(run, pairs, pair => fold(((JinjaTuple)pair).Items[by == "key" ? 0 : 1]), Flag(run, given[3]))]);
    }

    internal static JinjaValue GroupBy(JinjaArguments arguments)
    {
        var run = arguments.Run;
        var given = arguments.Bind("groupby", 2, "value", "attribute", "default", "case_sensitive");
        var missing = given[2] is null or JinjaNone ? null : given[2];
        var get = JinjaAttributePath.Of(run, given[1], missing);
        var fold = JinjaAttributePath.IgnoreCase(Flag(run, given[3]));
        var sorted = JinjaSort.Sorted(run, JinjaIteration.ToArray(run, given[0]!), item => fold(get(item)), reverse: false);
        var groups = new List<JinjaValue>();
        for (var start = 0; start < sorted.Count;)
        {
            var end = start + 1;
            while (end < sorted.Count && JinjaEquality.AreEqual(run, fold(get(sorted[start])), fold(get(sorted[end])))) { end++; }
            groups.Add(new JinjaTuple([get(sorted[start]), new JinjaList([.. sorted[start..end]])], isGroup: true));
            start = end;
        }
        return new JinjaList([.. groups]);
    }

    internal static JinjaValue Extreme(JinjaArguments arguments, string name, int sign)
    {
        var run = arguments.Run;
        var given = arguments.Bind(name, 1, "value", "case_sensitive", "attribute");
        var get = JinjaAttributePath.Of(run, given[2]);
        var fold = JinjaAttributePath.IgnoreCase(Flag(run, given[1]));
        JinjaValue? best = null, bestKey = null;
        foreach (var item in JinjaIteration.Items(run, given[0]!))
        {
            var key = fold(get(item));
            if (best is null || JinjaSort.Compare(run, sign > 0 ? ">" : "<", key, bestKey!) is { } order && order * sign > 0) { (best, bestKey) = (item, key); }
        }
        return best ?? new JinjaUndefined("No aggregated item, sequence was empty.");
    }

    internal static JinjaValue Unique(JinjaArguments arguments)
    {
        var run = arguments.Run;
        var given = arguments.Bind("unique", 1, "value", "case_sensitive", "attribute");
        var get = JinjaAttributePath.Of(run, given[2]);
        return new JinjaIterator(Uniques(run, given[0]!, get, JinjaAttributePath.IgnoreCase(Flag(run, given[1]))));
    }

    static IEnumerable<JinjaValue> Uniques(JinjaRun run, JinjaValue value, Func<JinjaValue, JinjaValue> get, Func<JinjaValue, JinjaValue> fold)
    {
        var seen = new HashSet<JinjaValue>(JinjaEquality.Keys);
        foreach (var item in JinjaIteration.Items(run, value))
        {
            run.PayItems(1);
            if (seen.Add(JinjaOperators.Hashable(run, fold(get(item))))) { yield return item; }
        }
    }

    static bool Flag(JinjaRun run, JinjaValue? value) => value is not null && JinjaOperators.Truth(run, value);
}
