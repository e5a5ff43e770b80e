namespace Ckpt.Data.Templates.Jinja;

/// <summary>Python's order of values, and its stable sort.</summary>
static class JinjaSort
{
    /// <summary>The order of two values, or null where Python has none (not a number).</summary>
    internal static int? Compare(JinjaRun run, string sign, JinjaValue left, JinjaValue right)
    {
        run.Enter();
        try
        {
            switch (left, right)
            {
                case (JinjaString a, JinjaString b): return CompareText(a.Text, b.Text);
                case (JinjaList a, JinjaList b): return Sequences(run, sign, a.Items, b.Items);
                case (JinjaTuple a, JinjaTuple b): return Sequences(run, sign, a.Items, b.Items);
                case (JinjaUndefined undefined, _): JinjaOperators.Refuse(run, undefined); break;
                case (_, JinjaUndefined undefined): JinjaOperators.Refuse(run, undefined); break;
                default: break;
            }
            if (!JinjaNumbers.IsNumber(left) || !JinjaNumbers.IsNumber(right))
            {
                JinjaThrow.Type(run, $"'{sign}' not supported between instances of '{left.TypeName}' and '{right.TypeName}'");
            }
            return JinjaNumbers.Compare(left, right);
        }
        finally { run.Leave(); }
    }

    /// <summary>A stable sort; equal items keep their order when reversed too.</summary>
    internal static List<T> Sorted<T>(JinjaRun run, T[] items, Func<T, JinjaValue> key, bool reverse)
    {
        run.PayItems(items.Length);
        var keyed = items.Select((item, index) => (Item: item, Key: key(item), Index: index)).ToArray();
        Merge(run, keyed.AsSpan(), new (T, JinjaValue, int)[keyed.Length], reverse);
        return [.. keyed.Select(k => k.Item)];
    }

    // Array.Sort gives no promise for orders that contradict themselves (nan); a merge always ends.
    static void Merge<T>(JinjaRun run, Span<(T Item, JinjaValue Key, int Index)> items, Span<(T Item, JinjaValue Key, int Index)> spare, bool reverse)
    {
        if (items.Length < 2) { return; }
        var half = items.Length / 2;
        Merge(run, items[..half], spare[..half], reverse);
        Merge(run, items[half..], spare[half..], reverse);
        items.CopyTo(spare);
        var (left, right) = (0, half);
        for (var i = 0; i < items.Length; i++)
        {
            var takeRight = left == half || (right < items.Length && Precedes(run, spare[right].Key, spare[left].Key, reverse));
            items[i] = takeRight ? spare[right++] : spare[left++];
        }
    }

    static bool Precedes(JinjaRun run, JinjaValue second, JinjaValue first, bool reverse) =>
        reverse ? Compare(run, "<", first, second) < 0 : Compare(run, "<", second, first) < 0;

    static int? Sequences(JinjaRun run, string sign, JinjaValue[] left, JinjaValue[] right)
    {
        for (var i = 0; i < Math.Min(left.Length, right.Length); i++)
        {
            if (!JinjaEquality.AreEqual(run, left[i], right[i])) { return Compare(run, sign, left[i], right[i]); }
        }
        return left.Length.CompareTo(right.Length);
    }

    /// <summary>By code point, which UTF-16 units are not in the order of.</summary>
    static int CompareText(string left, string right)
    {
        var same = left.AsSpan().CommonPrefixLength(right);
        if (same == left.Length || same == right.Length) { return left.Length.CompareTo(right.Length); }
        var (a, b) = (left[same], right[same]);
        return char.IsSurrogate(a) != char.IsSurrogate(b) ? (char.IsSurrogate(a) ? 1 : -1) : a.CompareTo(b);
    }
}
