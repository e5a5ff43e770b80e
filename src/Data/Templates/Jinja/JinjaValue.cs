using System.Numerics;

namespace Ckpt.Data.Templates.Jinja;

/// <summary>A value of a template: inert data, or something of the interpreter's own. No object of the program is ever one.</summary>
abstract class JinjaValue
{
    private protected JinjaValue(string typeName) => TypeName = typeName;

    /// <summary>Python's name of the type, for messages.</summary>
    internal string TypeName { get; }
}

sealed class JinjaNone : JinjaValue
{
    internal static JinjaNone Instance { get; } = new();

    JinjaNone() : base("NoneType") { }
}

sealed class JinjaBool : JinjaValue
{
    internal static JinjaBool True { get; } = new(true);

    internal static JinjaBool False { get; } = new(false);

    JinjaBool(bool value) : base("bool") => Value = value;

    internal bool Value { get; }

    internal static JinjaBool Of(bool value) => value ? True : False;
}

/// <summary>An int of any size that <see cref="JinjaNumbers"/> lets be made.</summary>
sealed class JinjaInt(BigInteger value) : JinjaValue("int")
{
    internal BigInteger Value { get; } = value;
}

sealed class JinjaFloat(double value) : JinjaValue("float")
{
    internal double Value { get; } = value;
}

/// <summary>Text; indices and lengths count code points (TPL-2.2).</summary>
sealed class JinjaString(string text, bool isMarkup = false) : JinjaValue(isMarkup ? "Markup" : "str")
{
    internal static JinjaString Empty { get; } = new("");

    internal string Text { get; } = text;

    /// <summary>Whether <c>safe</c> or <c>escape</c> made it, so that it is not escaped again.</summary>
    internal bool IsMarkup { get; } = isMarkup;
}

sealed class JinjaList(JinjaValue[] items) : JinjaValue("list")
{
    internal JinjaValue[] Items { get; } = items;
}

/// <summary>A tuple; those of <c>groupby</c> have names for their two items.</summary>
sealed class JinjaTuple(JinjaValue[] items, bool isGroup = false) : JinjaValue("tuple")
{
    internal JinjaValue[] Items { get; } = items;

    internal bool IsGroup { get; } = isGroup;
}

/// <summary>A dict in insertion order. Filled while it is made, never after.</summary>
sealed class JinjaDict() : JinjaValue("dict")
{
    internal OrderedDictionary<JinjaValue, JinjaValue> Items { get; } = new(JinjaEquality.Keys);
}

/// <summary>keys(), values() or items() of a dict: printed with their name, read any number of times.</summary>
sealed class JinjaView(string typeName, JinjaValue[] items) : JinjaValue(typeName)
{
    internal JinjaValue[] Items { get; } = items;
}

sealed class JinjaRange(long start, long stop, long step, long count) : JinjaValue("range")
{
    internal long Start { get; } = start;

    internal long Stop { get; } = stop;

    internal long Step { get; } = step;

    internal long Count { get; } = count;

    internal JinjaInt At(long index) => new(new BigInteger(Start) + (new BigInteger(index) * Step));
}

/// <summary>What a lazy filter gives: read once, as a generator is.</summary>
sealed class JinjaIterator(IEnumerable<JinjaValue> items) : JinjaValue("generator")
{
    readonly IEnumerator<JinjaValue> _items = items.GetEnumerator();

    /// <summary>The next item, or null at the end. Iterators over iterators count as depth.</summary>
    internal JinjaValue? Next(JinjaRun run)
    {
        run.Enter();
        try { return _items.MoveNext() ? _items.Current : null; }
        finally { run.Leave(); }
    }
}

/// <summary>What a name or an attribute that is not there gives: empty when printed, refused when used (TPL-2.4).</summary>
sealed class JinjaUndefined(string message, bool isUnsafe = false) : JinjaValue("Undefined")
{
    internal string Message { get; } = message;

    /// <summary>Whether the sandbox hid it (TPL-3.1).</summary>
    internal bool IsUnsafe { get; } = isUnsafe;
}

/// <summary>The one value that a template may change.</summary>
sealed class JinjaNamespace() : JinjaValue("Namespace")
{
    internal OrderedDictionary<string, JinjaValue> Attributes { get; } = new(StringComparer.Ordinal);
}

/// <summary>A function of the environment, or a method with its object.</summary>
sealed class JinjaFunction(string name, Func<JinjaArguments, JinjaValue> body, string typeName = "function") : JinjaValue(typeName)
{
    internal string Name { get; } = name;

    internal Func<JinjaArguments, JinjaValue> Body { get; } = body;
}
