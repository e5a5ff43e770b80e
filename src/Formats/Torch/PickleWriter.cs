using System.Diagnostics.CodeAnalysis;
using System.Text;
using static Ckpt.Formats.Torch.PickleOpcode;

namespace Ckpt.Formats.Torch;

/// <summary>
/// Writes nodes as a pickle: protocol 2 byte for byte as CPython's C pickler does (TOR-2.1), protocol 4 in a form of our own that
/// numbers names, containers, and else only what is used more than once (TOR-2.2). Does not recurse.
/// </summary>
public sealed class PickleWriter
{
    const int Batch = 1000;
    const int SelfReferences = 500;

    // Python's way with a tuple that holds itself writes its elements anew at every turn until it is whole.
    readonly Dictionary<PickleNode, int> _open = new(ReferenceEqualityComparer.Instance);
    readonly Dictionary<PickleNode, int> _numbers = new(ReferenceEqualityComparer.Instance);
    readonly Dictionary<(string Module, string Name), int> _globals = [];
    readonly Dictionary<PickleNode, PickleNode> _instead = new(ReferenceEqualityComparer.Instance);
    readonly Stack<Task> _tasks = new();
    readonly HashSet<PickleNode>? _shared;
    readonly PickleEmitter _out;
    readonly Func<PicklePersistentId, PickleNode>? _reference;
    int _selfReferences;

    PickleWriter(PickleNode root, int protocol, Func<PicklePersistentId, PickleNode>? reference)
    {
        _reference = reference;
        _out = new PickleEmitter(protocol);
        _shared = protocol >= 4 ? PickleSharing.Of(root) : null;
    }

    enum Step { Value, Opcode, Tuple, FrozenSet, Items, Entries, Set, Made }

    readonly record struct Task(Step Step, PickleNode Node, int At = 0);

    /// <summary>The pickle of a value.</summary>
    /// <param name="root">The value.</param>
    /// <param name="protocol">2 or 4.</param>
    /// <param name="reference">Gives what is written to name something outside, in place of what names it; asked at each mention, in the order written.</param>
    /// <exception cref="UnsupportedCheckpointException">The protocol has no form for a value in it.</exception>
    public static byte[] Write(PickleNode root, int protocol, Func<PicklePersistentId, PickleNode>? reference = null)
    {
        if (protocol is not (2 or 4)) { throw new ArgumentOutOfRangeException(nameof(protocol), protocol, "2 and 4 are written"); }
        return new PickleWriter(root, protocol, reference).Run(root);
    }

    byte[] Run(PickleNode root)
    {
        _out.Begin();
        _tasks.Push(new(Step.Value, root));
        while (_tasks.TryPop(out var task))
        {
            switch (task.Step)
            {
                case Step.Value: Value(task.Node); break;
                case Step.Opcode: _out.Op((byte)task.At); break;
                case Step.Tuple: TupleItem((PickleTuple)task.Node, task.At); break;
                case Step.FrozenSet: FrozenItem((PickleSet)task.Node, task.At); break;
                case Step.Items: Items(task.Node, task.At); break;
                case Step.Entries: Entry(task.Node, task.At); break;
                case Step.Set: SetItem((PickleSet)task.Node, task.At); break;
                default: Made((PickleObject)task.Node); break;
            }
        }
        _out.Op(Stop);
        return _out.ToArray();
    }

    void Value(PickleNode node)
    {
        if (_numbers.TryGetValue(node, out var number)) { _out.Recall(number); return; }
        switch (node)
        {
            case PickleNone: _out.Op(PickleOpcode.None); break;
            case PickleBool boolean: _out.Bool(boolean.Value); break;
            case PickleInt integer: _out.Int(integer.Value); break;
            case PickleFloat real: _out.Float(real.Value); break;
            case PickleString text: _out.Text(text.Value); Remember(node); break;
            case PickleBytes bytes: Bytes(bytes); break;
            case PickleByteArray bytes: ByteArray(bytes); break;
            case PickleGlobal global: Global(global); break;
            case PickleTuple tuple: Tuple(tuple); break;
            case PickleList list: _out.Op(EmptyList); Remember(node); Fill(Step.Items, node, list.Items.Count); break;
            case PickleDict dict: _out.Op(EmptyDict); Remember(node); Fill(Step.Entries, node, dict.Items.Count); break;
            case PickleSet set: Set(set); break;
            case PickleObject made: Object(made); break;
            case PicklePersistentId reference:
                _tasks.Push(new(Step.Opcode, node, BinPersId));
                _tasks.Push(new(Step.Value, _reference is null ? reference.Id : _reference(reference)));
                break;
            default: Throw.Skipped(); break;
        }
    }

    /// <summary>
    /// Protocol 2 numbers everything that can be referred to; protocol 4, as we write it, what is, and what can close a circle: written
    /// again at each turn, the circle would have no end.
    /// </summary>
    void Remember(PickleNode node)
    {
        if (_shared is null || node is PickleList or PickleDict or PickleObject or PickleSet { Frozen: false } || _shared.Contains(node))
        {
            _numbers[node] = _out.Memo();
        }
    }

    void Global(PickleGlobal global)
    {
        var (module, name) = (ModuleFor(global.Module), global.Name);
        if (_globals.TryGetValue((module, name), out var number)) { _out.Recall(number); return; }
        if (_out.Protocol < 4 && (module.Contains('\n', StringComparison.Ordinal) || name.Contains('\n', StringComparison.Ordinal)))
        {
            Throw.NoForm(global.FullName.Replace("\n", "\\n", StringComparison.Ordinal), _out.Protocol);
        }
        _out.GlobalName(module, name);
        _globals[(module, name)] = _out.Memo();
    }

    /// <summary>Two modules have their Python 2 names up to protocol 2, and only there (CPython Lib/_compat_pickle.py).</summary>
    string ModuleFor(string module) => (module, _out.Protocol) switch
    {
        ("builtins", 2) => "__builtin__",
        ("copyreg", 2) => "copy_reg",
        ("__builtin__", 4) => "builtins",
        ("copy_reg", 4) => "copyreg",
        _ => module,
    };

    void Bytes(PickleBytes bytes)
    {
        if (_out.Protocol >= 4)
        {
            _out.Bytes(bytes.Value);
            Remember(bytes);
            return;
        }
        // CPython Lib/pickle.py save_bytes, protocols below 3.
        Instead(bytes, bytes.Value.Length == 0
            ? new PickleObject(PickleConstruction.Reduce, new PickleGlobal("builtins", "bytes"), PickleTuple.Empty)
            : Encoded(new PickleGlobal("_codecs", "encode"), bytes.Value, "latin1"));
    }

    void ByteArray(PickleByteArray bytes)
    {
        if (_out.Protocol >= 4)
        {
            // BYTEARRAY8 is of protocol 5; below, CPython makes one of bytes.
            Instead(bytes, new PickleObject(PickleConstruction.Reduce, new PickleGlobal("builtins", "bytearray"),
                bytes.Value.Length == 0 ? PickleTuple.Empty : new PickleTuple([new PickleBytes(bytes.Value)])));
            return;
        }
        Instead(bytes, bytes.Value.Length == 0
            ? new PickleObject(PickleConstruction.Reduce, new PickleGlobal("builtins", "bytearray"), PickleTuple.Empty)
            : Encoded(new PickleGlobal("builtins", "bytearray"), bytes.Value, "latin-1"));
    }

    static PickleObject Encoded(PickleGlobal callable, byte[] bytes, string codec) => new(
        PickleConstruction.Reduce, callable, new PickleTuple([new PickleString(Encoding.Latin1.GetString(bytes)), new PickleString(codec)]));

    /// <summary>Writes another value in a value's place; later mentions of the value recall it.</summary>
    void Instead(PickleNode node, PickleObject other)
    {
        if (_shared?.Contains(node) == true) { _shared.Add(other); }
        _instead[other] = node;
        Enter(node);
        Object(other);
    }

    void Tuple(PickleTuple tuple)
    {
        if (tuple.Items.Count == 0) { _out.Op(EmptyTuple); return; }
        Enter(tuple);
        if (tuple.Items.Count > 3) { _out.Op(PickleOpcode.Mark); }
        _tasks.Push(new(Step.Tuple, tuple));
    }

    void TupleItem(PickleTuple tuple, int at)
    {
        var count = tuple.Items.Count;
        if (at < count)
        {
            _tasks.Push(new(Step.Tuple, tuple, at + 1));
            _tasks.Push(new(Step.Value, tuple.Items[at]));
            return;
        }
        Leave(tuple);
        if (_numbers.TryGetValue(tuple, out var number))
        {
            // An element held the tuple itself and has written it meanwhile: drop these elements and take that one.
            if (count > 3) { _out.Op(PopMark); }
            else { for (var i = 0; i < count; i++) { _out.Op(Pop); } }
            _out.Recall(number);
            return;
        }
        _out.Op(count switch { 1 => Tuple1, 2 => Tuple2, 3 => Tuple3, _ => PickleOpcode.Tuple });
        Remember(tuple);
    }

    void Set(PickleSet set)
    {
        if (_out.Protocol < 4)
        {
            var list = new PickleList();
            list.Items.AddRange(set.Items);
            Instead(set, new PickleObject(PickleConstruction.Reduce, new PickleGlobal("builtins", set.Frozen ? "frozenset" : "set"), new PickleTuple([list])));
            return;
        }
        if (set.Frozen)
        {
            Enter(set);
            _out.Op(PickleOpcode.Mark);
            _tasks.Push(new(Step.FrozenSet, set));
            return;
        }
        _out.Op(EmptySet);
        Remember(set);
        if (set.Items.Count > 0) { _tasks.Push(new(Step.Set, set)); }
    }

    void FrozenItem(PickleSet set, int at)
    {
        if (at < set.Items.Count)
        {
            _tasks.Push(new(Step.FrozenSet, set, at + 1));
            _tasks.Push(new(Step.Value, set.Items[at]));
            return;
        }
        Leave(set);
        if (_numbers.TryGetValue(set, out var number))
        {
            _out.Op(PopMark);
            _out.Recall(number);
            return;
        }
        _out.Op(PickleOpcode.FrozenSet);
        Remember(set);
    }

    void SetItem(PickleSet set, int at)
    {
        if (at > 0 && (at == set.Items.Count || at % Batch == 0)) { _out.Op(AddItems); }
        if (at == set.Items.Count) { return; }
        if (at % Batch == 0) { _out.Op(PickleOpcode.Mark); }
        _tasks.Push(new(Step.Set, set, at + 1));
        _tasks.Push(new(Step.Value, set.Items[at]));
    }

    void Object(PickleObject made)
    {
        Enter(made);
        _tasks.Push(new(Step.Made, made));
        if (made.Construction == PickleConstruction.NewObjectWithKeywords)
        {
            if (_out.Protocol < 4) { Throw.NoForm($"an object of {made.ClassName} made with keywords", _out.Protocol); }
            _tasks.Push(new(Step.Value, made.KeywordArgs ?? new PickleDict()));
        }
        _tasks.Push(new(Step.Value, made.Args));
        _tasks.Push(new(Step.Value, made.Callable));
    }

    void Made(PickleObject made)
    {
        Leave(made);
        var stoodFor = _instead.GetValueOrDefault(made);
        if (stoodFor is not null) { Leave(stoodFor); }
        _out.Op(made.Construction switch
        {
            PickleConstruction.Reduce => PickleOpcode.Reduce,
            PickleConstruction.NewObject => NewObj,
            _ => NewObjEx,
        });
        if (_numbers.TryGetValue(made, out var number))
        {
            _out.Op(Pop);
            _out.Recall(number);
            return;
        }
        Remember(made);
        if (stoodFor is not null && _numbers.TryGetValue(made, out number)) { _numbers[stoodFor] = number; }
        for (var i = made.States.Count - 1; i >= 0; i--)
        {
            _tasks.Push(new(Step.Opcode, made, Build));
            _tasks.Push(new(Step.Value, made.States[i]));
        }
        Fill(Step.Entries, made, made.DictItems.Count);
        Fill(Step.Items, made, made.ListItems.Count);
    }

    void Fill(Step step, PickleNode node, int count)
    {
        if (count > 0) { _tasks.Push(new(step, node)); }
    }

    void Items(PickleNode node, int at)
    {
        var items = node is PickleList list ? list.Items : ((PickleObject)node).ListItems;
        if (at > 0 && (at == items.Count || at % Batch == 0)) { _out.Op(Appends); }
        if (at == items.Count) { return; }
        if (IsSingle(node, at, items.Count))
        {
            _tasks.Push(new(Step.Opcode, node, Append));
        }
        else
        {
            if (at % Batch == 0) { _out.Op(PickleOpcode.Mark); }
            _tasks.Push(new(Step.Items, node, at + 1));
        }
        _tasks.Push(new(Step.Value, items[at]));
    }

    void Entry(PickleNode node, int at)
    {
        var entries = node is PickleDict dict ? dict.Items : ((PickleObject)node).DictItems;
        if (at > 0 && (at == entries.Count || at % Batch == 0)) { _out.Op(SetItems); }
        if (at == entries.Count) { return; }
        if (IsSingle(node, at, entries.Count))
        {
            _tasks.Push(new(Step.Opcode, node, PickleOpcode.SetItem));
        }
        else
        {
            if (at % Batch == 0) { _out.Op(PickleOpcode.Mark); }
            _tasks.Push(new(Step.Entries, node, at + 1));
        }
        _tasks.Push(new(Step.Value, entries[at].Value));
        _tasks.Push(new(Step.Value, entries[at].Key));
    }

    /// <summary>
    /// One item alone goes without a mark; of subclasses also the one that is left over after full batches (CPython's batch_list and
    /// batch_dict, against batch_list_exact and batch_dict_exact).
    /// </summary>
    static bool IsSingle(PickleNode node, int at, int count) => count == 1 || (node is PickleObject && at == count - 1 && at % Batch == 0);

    void Enter(PickleNode node)
    {
        _open.TryGetValue(node, out var times);
        _open[node] = times + 1;
        if (times > 0 && ++_selfReferences > SelfReferences) { Throw.HoldsItself(); }
    }

    void Leave(PickleNode node)
    {
        if (--_open[node] == 0) { _open.Remove(node); }
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Skipped() => throw new UnsupportedCheckpointException(
            "TOR-2.4", "pickle", "a value that was skipped when it was read cannot be written");

        [DoesNotReturn]
        internal static void NoForm(string what, int protocol) => throw new UnsupportedCheckpointException(
            "TOR-2.4", "pickle", $"protocol {protocol} has no form for {what}");

        [DoesNotReturn]
        internal static void HoldsItself() => throw new UnsupportedCheckpointException(
            "TOR-2.4", "pickle", $"more than {SelfReferences} tuples or objects that hold themselves");
    }
}
