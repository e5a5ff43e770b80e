using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text;

namespace Ckpt.Data.Templates.Jinja;

/// <summary>The operators of expressions.</summary>
static class JinjaOperators
{
    /// <summary>bool().</summary>
    internal static bool Truth(JinjaRun run, JinjaValue value) => value switch
    {
        JinjaBool flag => flag.Value,
        JinjaNone => false,
        JinjaString text => text.Text.Length > 0,
        JinjaInt number => !number.Value.IsZero,
        JinjaFloat number => number.Value != 0,
        JinjaUndefined => false,
        _ => JinjaIteration.Length(run, value) is not 0,
    };

    /// <summary>Refuses the use of what is not there.</summary>
    [DoesNotReturn]
    internal static void Refuse(JinjaRun run, JinjaUndefined value)
    {
        if (value.IsUnsafe) { JinjaThrow.Security(run, value.Message); }
        JinjaThrow.Undefined(run, value.Message);
    }

    /// <summary>A binary operator that is not a comparison.</summary>
    internal static JinjaValue Binary(JinjaRun run, string sign, JinjaValue left, JinjaValue right)
    {
        if (left is JinjaString format && sign == "%") { return new JinjaString(PythonPercent.Format(run, format.Text, right)); }
        if (left is JinjaUndefined missing) { Refuse(run, missing); }
        if (right is JinjaUndefined alsoMissing) { Refuse(run, alsoMissing); }
        if (JinjaNumbers.IsNumber(left) && JinjaNumbers.IsNumber(right)) { return JinjaNumbers.Apply(run, sign, left, right); }
        switch (sign, left, right)
        {
            case ("+", JinjaString a, JinjaString b): return Concat(run, a, b);
            case ("+", JinjaList a, JinjaList b): return new JinjaList(Join(run, a.Items, b.Items));
            case ("+", JinjaTuple a, JinjaTuple b): return new JinjaTuple(Join(run, a.Items, b.Items));
            case ("*", _, _) when JinjaNumbers.TryInteger(right, out _): return Repeat(run, left, right);
            case ("*", _, _) when JinjaNumbers.TryInteger(left, out _): return Repeat(run, right, left);
            default:
                JinjaThrow.Type(run, sign == "+" && left is JinjaString
                    ? $"can only concatenate str (not \"{right.TypeName}\") to str"
                    : $"unsupported operand type(s) for {sign}: '{left.TypeName}' and '{right.TypeName}'");
                return JinjaNone.Instance;
        }
    }

    internal static JinjaValue Unary(JinjaRun run, string sign, JinjaValue value)
    {
        if (value is JinjaUndefined missing) { Refuse(run, missing); }
        if (!JinjaNumbers.IsNumber(value)) { JinjaThrow.Type(run, $"bad operand type for unary {sign}: '{value.TypeName}'"); }
        if (sign == "-") { return JinjaNumbers.Negate(run, value); }
        return JinjaNumbers.TryInteger(value, out var integer) ? new JinjaInt(integer) : value;
    }

    internal static bool Compare(JinjaRun run, string sign, JinjaValue left, JinjaValue right) => sign switch
    {
        "==" => JinjaEquality.AreEqual(run, left, right),
        "!=" => !JinjaEquality.AreEqual(run, left, right),
        "in" => Contains(run, right, left),
        "not in" => !Contains(run, right, left),
        "<" => JinjaSort.Compare(run, sign, left, right) < 0,
        "<=" => JinjaSort.Compare(run, sign, left, right) <= 0,
        ">" => JinjaSort.Compare(run, sign, left, right) > 0,
        _ => JinjaSort.Compare(run, sign, left, right) >= 0,
    };

    /// <summary>The <c>in</c> operator.</summary>
    internal static bool Contains(JinjaRun run, JinjaValue container, JinjaValue item)
    {
        switch (container)
        {
            case JinjaString text:
                if (item is JinjaString part)
                {
                    run.Pay(text.Text.Length / 8);
                    return text.Text.Contains(part.Text, StringComparison.Ordinal);
                }
                JinjaThrow.Type(run, $"'in <string>' requires string as left operand, not {item.TypeName}");
                return false;
            case JinjaDict dict: return dict.Items.ContainsKey(Hashable(run, item));
            case JinjaNamespace or JinjaMacro or JinjaFunction or JinjaNone or JinjaBool or JinjaInt or JinjaFloat:
                JinjaThrow.Type(run, $"argument of type '{container.TypeName}' is not a container or iterable");
                return false;
            default:
                foreach (var other in JinjaIteration.Items(run, container))
                {
                    if (JinjaEquality.AreEqual(run, other, item)) { return true; }
                }
                return false;
        }
    }

    /// <summary>A value that may be a key of a dict.</summary>
    internal static JinjaValue Hashable(JinjaRun run, JinjaValue value)
    {
        if (!JinjaEquality.IsHashable(run, value)) { JinjaThrow.Type(run, $"unhashable type: '{value.TypeName}'"); }
        return value;
    }

    /// <summary>The ~ operator: the text of all of them.</summary>
    internal static JinjaString Concat(JinjaRun run, ReadOnlySpan<JinjaValue> values)
    {
        var text = new StringBuilder();
        foreach (var value in values)
        {
            var part = JinjaText.Str(run, value);
            run.Pay(part.Length);
            text.Append(part);
        }
        return new JinjaString(text.ToString());
    }

    /// <summary>The characters of HTML as references; text that is marked as HTML stays.</summary>
    internal static JinjaString Escape(JinjaRun run, JinjaValue value)
    {
        if (value is JinjaString { IsMarkup: true } marked) { return marked; }
        var text = JinjaText.Str(run, value);
        run.Pay(text.Length * 2L);
        return new JinjaString(text.Replace("&", "&amp;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal)
            .Replace("<", "&lt;", StringComparison.Ordinal).Replace("'", "&#39;", StringComparison.Ordinal).Replace("\"", "&#34;", StringComparison.Ordinal), isMarkup: true);
    }

    /// <summary>HTML references back to characters.</summary>
    internal static string Unescape(string html) => WebUtility.HtmlDecode(html);

    static JinjaString Concat(JinjaRun run, JinjaString left, JinjaString right)
    {
        var isMarkup = left.IsMarkup || right.IsMarkup;
        if (isMarkup) { (left, right) = (Escape(run, left), Escape(run, right)); }
        run.Pay((long)left.Text.Length + right.Text.Length);
        return new JinjaString(left.Text + right.Text, isMarkup);
    }

    static JinjaValue[] Join(JinjaRun run, JinjaValue[] left, JinjaValue[] right)
    {
        run.PayItems((long)left.Length + right.Length);
        return [.. left, .. right];
    }

    static JinjaValue Repeat(JinjaRun run, JinjaValue value, JinjaValue times)
    {
        var count = Math.Max(0, JinjaNumbers.Long(run, times));
        switch (value)
        {
            case JinjaString text:
                run.Pay(Product(text.Text.Length, count));
                return new JinjaString(new StringBuilder().Insert(0, text.Text, text.Text.Length == 0 ? 0 : (int)count).ToString(), text.IsMarkup);
            case JinjaList list:
                run.PayItems(Product(list.Items.Length, count));
                return new JinjaList(Repeat(list.Items, count));
            case JinjaTuple tuple:
                run.PayItems(Product(tuple.Items.Length, count));
                return new JinjaTuple(Repeat(tuple.Items, count));
            default:
                JinjaThrow.Type(run, $"can't multiply sequence by non-int of type '{value.TypeName}'");
                return value;
        }
    }

    static long Product(int length, long count) => length == 0 ? 0 : count > long.MaxValue / length ? long.MaxValue : length * count;

    static JinjaValue[] Repeat(JinjaValue[] items, long count)
    {
        if (items.Length == 0) { return []; }
        var repeated = new JinjaValue[items.Length * count];
        for (var i = 0L; i < repeated.Length; i += items.Length) { items.CopyTo(repeated, i); }
        return repeated;
    }
}
