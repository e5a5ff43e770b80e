using System.Numerics;

namespace Ckpt.Formats.Torch;

/// <summary>
/// A value of a pickle, as inert data: nothing is ever called, constructed or imported. Nodes are compared by reference, as Python
/// objects are: two places of a pickle that hold the same object hold the same node.
/// </summary>
public abstract class PickleNode
{
    private protected PickleNode() { }
}

/// <summary>None.</summary>
public sealed class PickleNone : PickleNode
{
    /// <summary>The one None.</summary>
    public static PickleNone Instance { get; } = new();

    PickleNone() { }
}

/// <summary>True or False.</summary>
public sealed class PickleBool(bool value) : PickleNode
{
    /// <summary>The value.</summary>
    public bool Value { get; } = value;
}

/// <summary>An int of any size.</summary>
public sealed class PickleInt(BigInteger value) : PickleNode
{
    /// <summary>The value.</summary>
    public BigInteger Value { get; } = value;
}

/// <summary>A float.</summary>
public sealed class PickleFloat(double value) : PickleNode
{
    /// <summary>The value.</summary>
    public double Value { get; } = value;
}

/// <summary>A str. May hold lone surrogates.</summary>
public sealed class PickleString(string value) : PickleNode
{
    /// <summary>The value.</summary>
    public string Value { get; } = value;
}

/// <summary>A bytes object, from an opcode of its own (protocol 3 and later).</summary>
public sealed class PickleBytes(byte[] value) : PickleNode
{
    /// <summary>The value.</summary>
    public byte[] Value { get; } = value;
}

/// <summary>A bytearray, from an opcode of its own (protocol 5).</summary>
public sealed class PickleByteArray(byte[] value) : PickleNode
{
    /// <summary>The value.</summary>
    public byte[] Value { get; } = value;
}

/// <summary>A tuple. Cannot hold itself except through a list, dict or object.</summary>
public sealed class PickleTuple(IReadOnlyList<PickleNode> items) : PickleNode
{
    /// <summary>The empty tuple.</summary>
    public static PickleTuple Empty { get; } = new([]);

    /// <summary>The elements.</summary>
    public IReadOnlyList<PickleNode> Items { get; } = items;
}

/// <summary>A list.</summary>
public sealed class PickleList : PickleNode
{
    /// <summary>The elements.</summary>
    public List<PickleNode> Items { get; } = [];
}

/// <summary>A dict, in insertion order; keys are kept as they come, equal ones included (the last one counts).</summary>
public sealed class PickleDict : PickleNode
{
    /// <summary>The entries.</summary>
    public List<KeyValuePair<PickleNode, PickleNode>> Items { get; } = [];

    /// <summary>The value of the last entry with this string key, or null.</summary>
    public PickleNode? Find(string key)
    {
        for (var i = Items.Count - 1; i >= 0; i--)
        {
            if (Items[i].Key is PickleString text && text.Value == key) { return Items[i].Value; }
        }
        return null;
    }

    /// <summary>Appends an entry with a string key.</summary>
    public PickleDict Add(string key, PickleNode value)
    {
        Items.Add(new(new PickleString(key), value));
        return this;
    }
}

/// <summary>A set (protocol 4 and later; earlier ones are a <see cref="PickleObject"/>).</summary>
public sealed class PickleSet(bool frozen) : PickleNode
{
    /// <summary>Whether it is a frozenset.</summary>
    public bool Frozen { get; } = frozen;

    /// <summary>The members, in the order written.</summary>
    public List<PickleNode> Items { get; } = [];
}

/// <summary>A class or function by name. Never looked up.</summary>
public sealed class PickleGlobal(string module, string name) : PickleNode
{
    /// <summary>The module path.</summary>
    public string Module { get; } = module;

    /// <summary>The qualified name in it.</summary>
    public string Name { get; } = name;

    /// <summary>Module and name with a dot between.</summary>
    public string FullName { get; } = $"{module}.{name}";
}

/// <summary>How an object was to be made.</summary>
public enum PickleConstruction
{
    /// <summary><c>callable(*args)</c>.</summary>
    Reduce,

    /// <summary><c>cls.__new__(cls, *args)</c>.</summary>
    NewObject,

    /// <summary><c>cls.__new__(cls, *args, **kwargs)</c>.</summary>
    NewObjectWithKeywords,
}

/// <summary>
/// An object as the recipe that would make it: what to call, with what, and what was then set on it. Written back, it is the same recipe.
/// </summary>
public sealed class PickleObject(PickleConstruction construction, PickleNode callable, PickleNode args, PickleNode? kwargs = null) : PickleNode
{
    // Made when first asked for: an index of a large checkpoint holds millions of objects, and most have none of the three.
    List<PickleNode>? _states;
    List<PickleNode>? _listItems;
    List<KeyValuePair<PickleNode, PickleNode>>? _dictItems;

    /// <summary>Which opcode makes it.</summary>
    public PickleConstruction Construction { get; } = construction;

    /// <summary>The class or function; nearly always a <see cref="PickleGlobal"/>.</summary>
    public PickleNode Callable { get; } = callable;

    /// <summary>The positional arguments; nearly always a <see cref="PickleTuple"/>.</summary>
    public PickleNode Args { get; } = args;

    /// <summary>The keyword arguments of <see cref="PickleConstruction.NewObjectWithKeywords"/>.</summary>
    public PickleNode? KeywordArgs { get; } = kwargs;

    /// <summary>What BUILD sets, in order; nearly always one or none.</summary>
    public List<PickleNode> States => _states ??= [];

    /// <summary>What APPENDS adds (list subclasses).</summary>
    public List<PickleNode> ListItems => _listItems ??= [];

    /// <summary>What SETITEMS adds (dict subclasses such as OrderedDict).</summary>
    public List<KeyValuePair<PickleNode, PickleNode>> DictItems => _dictItems ??= [];

    /// <summary>The class's full name where <see cref="Callable"/> is a global, else null.</summary>
    public string? ClassName => (Callable as PickleGlobal)?.FullName;

    /// <summary>The first state where it is a dict: the object's attributes.</summary>
    public PickleDict? Attributes => _states is [PickleDict first, ..] ? first : null;
}

/// <summary>A reference to something outside the pickle (torch: a storage).</summary>
public sealed class PicklePersistentId(PickleNode id) : PickleNode
{
    /// <summary>What names it; torch: the tuple ("storage", class, key, location, elements).</summary>
    public PickleNode Id { get; } = id;
}

/// <summary>A value that was read past and not kept, as asked for. Cannot be written.</summary>
public sealed class PickleSkipped(long length) : PickleNode
{
    /// <summary>Bytes of pickle it took.</summary>
    public long Length { get; } = length;
}
