namespace Ckpt.Data.Templates.Jinja;

/// <summary>Attributes, items and slices of values, through the sandbox (TPL-3.1).</summary>
static class JinjaAccess
{
    static readonly HashSet<string> s_listChanges = new(StringComparer.Ordinal) { "append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove" };
    static readonly HashSet<string> s_dictChanges = new(StringComparer.Ordinal) { "clear", "pop", "popitem", "setdefault", "update" };

    /// <summary><c>value.name</c>: an attribute first, then an item.</summary>
    internal static JinjaValue Attribute(JinjaRun run, JinjaValue target, string name)
    {
        if (target is JinjaUndefined undefined)
        {
            if (IsDunder(name)) { return Hidden(target, name); }
            JinjaOperators.Refuse(run, undefined);
        }
        if (Own(run, target, name) is { } own) { return own; }
        if (target is JinjaDict dict && dict.Items.TryGetValue(new JinjaString(name), out var item)) { return item; }
        return Missing(target, $"has no attribute '{name}'");
    }

    /// <summary><c>value|attr("name")</c>: an attribute alone.</summary>
    internal static JinjaValue OnlyAttribute(JinjaRun run, JinjaValue target, string name)
    {
        if (target is JinjaUndefined undefined && !IsDunder(name)) { JinjaOperators.Refuse(run, undefined); }
        return Own(run, target, name) ?? Missing(target, $"has no attribute '{name}'");
    }

    /// <summary><c>value[index]</c>: an item first, then an attribute.</summary>
    internal static JinjaValue Item(JinjaRun run, JinjaValue target, JinjaValue index)
    {
        var item = (target, index) switch
        {
            (JinjaUndefined undefined, _) => Refused(run, undefined),
            (JinjaDict dict, _) => JinjaEquality.IsHashable(run, index) && dict.Items.TryGetValue(index, out var value) ? value : null,
            (JinjaString text, JinjaInt or JinjaBool) => Character(run, text, JinjaNumbers.Long(run, index)),
            (JinjaList list, JinjaInt or JinjaBool) => At(list.Items, JinjaNumbers.Long(run, index)),
            (JinjaTuple tuple, JinjaInt or JinjaBool) => At(tuple.Items, JinjaNumbers.Long(run, index)),
            (JinjaRange range, JinjaInt or JinjaBool) => Counted(range, JinjaNumbers.Long(run, index)),
            _ => null,
        };
        if (item is not null) { return item; }
        if (index is JinjaString name)
        {
            return Own(run, target, name.Text) ?? Missing(target, $"has no attribute {JinjaText.Repr(run, name)}");
        }
        return target is JinjaList or JinjaTuple or JinjaString && index is JinjaInt
            ? new JinjaUndefined($"{target.TypeName} object has no element {JinjaText.Str(run, index)}")
            : Missing(target, "has no such element");
    }

    /// <summary><c>value[start:stop:step]</c>: not softened to undefined, but where jinja2 works constants out ahead.</summary>
    internal static JinjaValue Slice(JinjaRun run, JinjaValue target, JinjaValue? start, JinjaValue? stop, JinjaValue? step, bool isConstant)
    {
        switch (target)
        {
            case JinjaList list: return new JinjaList(Cut(run, list.Items, list.Items.Length, start, stop, step));
            case JinjaTuple tuple: return new JinjaTuple(Cut(run, tuple.Items, tuple.Items.Length, start, stop, step));
            case JinjaString text: return CutText(run, text, start, stop, step);
            case JinjaRange range: return CutRange(run, range, start, stop, step);
            case JinjaUndefined undefined: JinjaOperators.Refuse(run, undefined); break;
            case var _ when isConstant: break;
            case JinjaDict: JinjaThrow.Python(run, "KeyError", "a slice is no key"); break;
            default: JinjaThrow.Type(run, $"'{target.TypeName}' object is not subscriptable"); break;
        }
        return Missing(target, "has no such element");
    }

    /// <summary>An attribute that the type has: a method, or a value; hidden where it could change the object or reach Python.</summary>
    static JinjaValue? Own(JinjaRun run, JinjaValue target, string name)
    {
        if (IsDunder(name)) { return Hidden(target, name); }
        return target switch
        {
            JinjaString text => JinjaStringMethods.Find(text, name),
            JinjaDict when s_dictChanges.Contains(name) => Hidden(target, name),
            JinjaDict dict => JinjaContainerMethods.Find(dict, name),
            JinjaList when s_listChanges.Contains(name) => Hidden(target, name),
            JinjaList list => JinjaContainerMethods.Find(list, list.Items, name),
            JinjaTuple { IsGroup: true } group when name is "grouper" or "list" => group.Items[name == "list" ? 1 : 0],
            JinjaTuple tuple => JinjaContainerMethods.Find(tuple, tuple.Items, name),
            JinjaRange range => JinjaContainerMethods.Find(range, name),
            JinjaNamespace names => names.Attributes.GetValueOrDefault(name),
            JinjaLoop loop => loop.Attribute(run, name),
            JinjaMacro macro => OfMacro(macro, name),
            JinjaInt or JinjaFloat or JinjaBool => JinjaNumberMethods.Find(target, name),
            _ => null,
        };
    }

    static JinjaValue? OfMacro(JinjaMacro macro, string name) => name switch
    {
        "name" => macro.Name is null ? JinjaNone.Instance : new JinjaString(macro.Name),
        "arguments" => new JinjaTuple([.. macro.Signature.Names.Select(n => new JinjaString(n))]),
        "catch_kwargs" => JinjaBool.Of(macro.Signature.UsesKwargs),
        "catch_varargs" => JinjaBool.Of(macro.Signature.UsesVarargs),
        "caller" => JinjaBool.Of(macro.Signature.UsesCaller),
        _ => null,
    };

    static bool IsDunder(string name) => name.Length > 4 && name.StartsWith("__", StringComparison.Ordinal) && name.EndsWith("__", StringComparison.Ordinal);

    static JinjaUndefined Hidden(JinjaValue target, string name) => new($"access to attribute '{name}' of '{target.TypeName}' object is unsafe.", isUnsafe: true);

    static JinjaUndefined Missing(JinjaValue target, string what) => new($"'{target.TypeName} object' {what}");

    static JinjaValue? Refused(JinjaRun run, JinjaUndefined undefined)
    {
        JinjaOperators.Refuse(run, undefined);
        return null;
    }

    static JinjaValue? At(JinjaValue[] items, long index)
    {
        if (index < 0) { index += items.Length; }
        return index >= 0 && index < items.Length ? items[index] : null;
    }

    static JinjaInt? Counted(JinjaRange range, long index)
    {
        if (index < 0) { index += range.Count; }
        return index >= 0 && index < range.Count ? range.At(index) : null;
    }

    static JinjaString? Character(JinjaRun run, JinjaString text, long index)
    {
        if (PythonText.IsFlat(text.Text))
        {
            if (index < 0) { index += text.Text.Length; }
            return index >= 0 && index < text.Text.Length ? new JinjaString(text.Text[(int)index].ToString(), text.IsMarkup) : null;
        }
        run.Pay(text.Text.Length);
        if (index < 0) { index += PythonText.Length(text.Text); }
        if (index < 0) { return null; }
        var at = PythonText.UnitAt(text.Text, index);
        return at < text.Text.Length ? new JinjaString(text.Text.Substring(at, PythonText.Width(text.Text, at)), text.IsMarkup) : null;
    }

    static T[] Cut<T>(JinjaRun run, T[] items, int length, JinjaValue? start, JinjaValue? stop, JinjaValue? step)
    {
        var (first, count, by) = Indices(run, length, start, stop, step);
        run.PayItems(count);
        var cut = new T[count];
        for (var i = 0L; i < count; i++) { cut[i] = items[first + (i * by)]; }
        return cut;
    }

    static JinjaString CutText(JinjaRun run, JinjaString text, JinjaValue? start, JinjaValue? stop, JinjaValue? step)
    {
        run.Pay(text.Text.Length);
        if (!PythonText.IsFlat(text.Text))
        {
            string[] characters = [.. PythonText.Characters(text.Text)];
            return new JinjaString(string.Concat(Cut(run, characters, characters.Length, start, stop, step)), text.IsMarkup);
        }
        var (first, count, by) = Indices(run, text.Text.Length, start, stop, step);
        if (by == 1) { return new JinjaString(text.Text.Substring((int)first, (int)count), text.IsMarkup); }
        var cut = new char[count];
        for (var i = 0L; i < count; i++) { cut[i] = text.Text[(int)(first + (i * by))]; }
        return new JinjaString(new string(cut), text.IsMarkup);
    }

    static JinjaRange CutRange(JinjaRun run, JinjaRange range, JinjaValue? start, JinjaValue? stop, JinjaValue? step)
    {
        var (first, count, by) = Indices(run, range.Count, start, stop, step);
        var begin = range.Start + (first * range.Step);
        return new JinjaRange(begin, begin + (count * by * range.Step), by * range.Step, count);
    }

    /// <summary>Python's slice.indices: the first index, how many, and the step between them.</summary>
    static (long First, long Count, long Step) Indices(JinjaRun run, long length, JinjaValue? start, JinjaValue? stop, JinjaValue? step)
    {
        var by = step is null ? 1 : SliceIndex(run, step);
        if (by == 0) { JinjaThrow.Value(run, "slice step cannot be zero"); }
        by = Math.Clamp(by, -(length + 1), length + 1);
        var first = start is null ? (by > 0 ? 0 : length - 1) : Bound(SliceIndex(run, start), length, by);
        var last = stop is null ? (by > 0 ? length : -1) : Bound(SliceIndex(run, stop), length, by);
        var count = by > 0 ? (last > first ? ((last - first - 1) / by) + 1 : 0) : (first > last ? ((first - last - 1) / -by) + 1 : 0);
        return (count == 0 ? 0 : first, count, by);
    }

    static long SliceIndex(JinjaRun run, JinjaValue value)
    {
        if (value is not (JinjaInt or JinjaBool)) { JinjaThrow.Type(run, "slice indices must be integers or None or have an __index__ method"); }
        return JinjaNumbers.Long(run, value);
    }

    static long Bound(long index, long length, long step)
    {
        if (index < 0) { index = index < -length ? -1 - length : index; index += length; }
        return step > 0 ? Math.Clamp(index, 0, length) : Math.Clamp(index, -1, length - 1);
    }
}
