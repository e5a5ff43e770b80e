using System.Numerics;
using static Ckpt.Formats.Torch.PickleOpcode;

namespace Ckpt.Formats.Torch;

/// <summary>The pickle machine: a stack, marks in it and a memo. It builds nodes and never calls anything; it does not recurse.</summary>
sealed class PickleMachine
{
    const int SmallInts = 1024;
    static readonly PickleInt[] s_ints = MakeSmallInts();
    static readonly PickleBool s_true = new(true);
    static readonly PickleBool s_false = new(false);

    readonly PickleCursor _cursor;
    readonly PickleLimits _limits;
    readonly string? _skip;
    readonly PickleMemo _memo = new();
    readonly PickleStack _stack;
    readonly bool _alone;
    int _nodes;
    bool _skipPending;
    bool _refersIntoSkipped;

    /// <summary>A machine at the cursor; <paramref name="alone"/>: whether STOP must be the last byte there is.</summary>
    internal PickleMachine(PickleCursor cursor, PickleLimits limits, string? skip, bool alone = true)
    {
        _cursor = cursor;
        _limits = limits;
        _skip = skip;
        _alone = alone;
        _stack = new PickleStack(cursor, limits.Marks);
    }

    /// <summary>Where given, every persistent id that is met is added to it.</summary>
    internal List<PicklePersistentId>? References { get; init; }

    /// <summary>Runs to STOP. Null where the pickle refers into the value that was skipped: it must be read again with nothing skipped.</summary>
    internal PickleNode? Run()
    {
        while (true)
        {
            var place = _cursor.Position;
            var opcode = _cursor.Byte();
            if (_skipPending && opcode is not (Memoize or BinPut or LongBinPut))
            {
                _skipPending = false;
                if (Skip(place)) { continue; }
            }
            if (opcode == Stop)
            {
                var root = _stack.Pop();
                if (_stack.Count != 0) { PickleThrow.LeftOnStack(_cursor, _stack.Count); }
                if (_alone && _cursor.Left != 0) { PickleThrow.AfterStop(_cursor); }
                return root;
            }
            if (!Atom(opcode) && !Container(opcode) && !Object(opcode) && !Memo(opcode)) { PickleThrow.Opcode(_cursor, opcode, place); }
            if (_refersIntoSkipped) { return null; }
        }
    }

    bool Atom(byte opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.None: Push(PickleNone.Instance); return true;
            case NewTrue: Push(s_true); return true;
            case NewFalse: Push(s_false); return true;
            case BinInt1: Push(MakeInt(_cursor.Byte())); return true;
            case BinInt2: Push(MakeInt(_cursor.UInt16())); return true;
            case BinInt: Push(MakeInt(_cursor.Int32())); return true;
            case Long1: Push(MakeInt(BigInt(_cursor.Byte()))); return true;
            case Long4: Push(MakeInt(BigInt(SignedCount()))); return true;
            case BinFloat: Push(new PickleFloat(_cursor.DoubleBigEndian())); return true;
            case ShortBinUnicode: PushText(_cursor.Byte()); return true;
            case BinUnicode: PushText(_cursor.UInt32()); return true;
            case BinUnicode8: PushText(_cursor.UInt64()); return true;
            case ShortBinString: PushText(_cursor.Byte()); return true;
            case BinString: PushText(SignedCount()); return true;
            case ShortBinBytes: Push(new PickleBytes(_cursor.Bytes(_cursor.Byte(), _limits.TextBytes))); return true;
            case BinBytes: Push(new PickleBytes(_cursor.Bytes(_cursor.UInt32(), _limits.TextBytes))); return true;
            case BinBytes8: Push(new PickleBytes(_cursor.Bytes(_cursor.UInt64(), _limits.TextBytes))); return true;
            case ByteArray8: Push(new PickleByteArray(_cursor.Bytes(_cursor.UInt64(), _limits.TextBytes))); return true;
            case PickleOpcode.Int: PushDecimal(booleans: true); return true;
            case PickleOpcode.Long: PushDecimal(booleans: false); return true;
            case PickleOpcode.Float: Push(new PickleFloat(PickleText.Float(Line(), _cursor.Name, _cursor.Position))); return true;
            default: return false;
        }
    }

    bool Container(byte opcode)
    {
        switch (opcode)
        {
            case EmptyTuple: Push(PickleTuple.Empty); return true;
            case Tuple1: Push(new PickleTuple(_stack.PopMany(1))); return true;
            case Tuple2: Push(new PickleTuple(_stack.PopMany(2))); return true;
            case Tuple3: Push(new PickleTuple(_stack.PopMany(3))); return true;
            case PickleOpcode.Tuple: Push(new PickleTuple(_stack.PopToMark())); return true;
            case EmptyList: Push(new PickleList()); return true;
            case PickleOpcode.List: PushList(_stack.PopToMark()); return true;
            case Append: AppendTo(_stack.PopMany(1)); return true;
            case Appends: AppendTo(_stack.PopToMark()); return true;
            case EmptyDict: Push(new PickleDict()); return true;
            case PickleOpcode.Dict: PushDict(_stack.PopToMark()); return true;
            case SetItem: SetIn(_stack.PopMany(2)); return true;
            case SetItems: SetIn(_stack.PopToMark()); return true;
            case EmptySet: Push(new PickleSet(frozen: false)); return true;
            case AddItems: AddTo(_stack.PopToMark()); return true;
            case FrozenSet:
                var frozen = new PickleSet(frozen: true);
                frozen.Items.AddRange(_stack.PopToMark());
                Push(frozen);
                return true;
            default: return false;
        }
    }

    bool Object(byte opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.Global: PushGlobal(); return true;
            case StackGlobal: StackedGlobal(); return true;
            case PickleOpcode.Reduce: Construct(PickleConstruction.Reduce, null); return true;
            case NewObj: Construct(PickleConstruction.NewObject, null); return true;
            case NewObjEx: Construct(PickleConstruction.NewObjectWithKeywords, _stack.Pop()); return true;
            case Inst:
                PushGlobal();
                var instance = _stack.Pop();
                Push(new PickleObject(PickleConstruction.Reduce, instance, new PickleTuple(_stack.PopToMark())));
                return true;
            case Obj:
                var parts = _stack.PopToMark();
                if (parts.Length == 0) { PickleThrow.Operand(_cursor, "a class", "nothing"); }
                Push(new PickleObject(PickleConstruction.Reduce, parts[0], new PickleTuple(parts[1..])));
                return true;
            case Build:
                var state = _stack.Pop();
                if (_stack.Peek() is not PickleObject built) { PickleThrow.Operand(_cursor, "an object", PickleThrow.Kind(_stack.Peek())); return true; }
                built.States.Add(state);
                return true;
            case PersId: PushReference(new PickleString(PickleText.Decode(Line(), _cursor.Name, _cursor.Position))); return true;
            case BinPersId: PushReference(_stack.Pop()); return true;
            default: return false;
        }
    }

    bool Memo(byte opcode)
    {
        switch (opcode)
        {
            case Proto:
                var protocol = _cursor.Byte();
                if (protocol > 5) { PickleThrow.Protocol(_cursor, protocol); }
                return true;
            case Frame:
                var frame = _cursor.UInt64();
                if (frame > (ulong)_cursor.Left) { PickleThrow.FramePastEnd(_cursor, frame); }
                return true;
            case PickleOpcode.Mark: _stack.Mark(); return true;
            case Pop: _stack.Drop(); return true;
            case PopMark: _stack.PopToMark(); return true;
            case Dup: Push(_stack.Peek()); return true;
            case Memoize: Put((ulong)_memo.Next); return true;
            case BinPut: Put(_cursor.Byte()); return true;
            case LongBinPut: Put(_cursor.UInt32()); return true;
            case PickleOpcode.Put: Put(Number()); return true;
            case BinGet: Get(_cursor.Byte()); return true;
            case LongBinGet: Get(_cursor.UInt32()); return true;
            case PickleOpcode.Get: Get(Number()); return true;
            default: return false;
        }
    }

    void Push(PickleNode node)
    {
        if (++_nodes > _limits.Nodes) { PickleThrow.TooMany(_cursor, "values", _limits.Nodes); }
        _stack.Push(node);
    }

    void PushReference(PickleNode id)
    {
        var reference = new PicklePersistentId(id);
        References?.Add(reference);
        Push(reference);
    }

    void PushText(ulong length)
    {
        var text = _cursor.Text(length, _limits.TextBytes);
        Push(new PickleString(text));
        _skipPending = text == _skip && IsAttributeNameOfRoot();
    }

    void PushDecimal(bool booleans)
    {
        var line = Line();
        if (booleans && line is [(byte)'0', (byte)'0' or (byte)'1']) { Push(line[1] == '1' ? s_true : s_false); return; }
        Push(MakeInt(PickleText.Int(line, _cursor.Name, _cursor.Position)));
    }

    void PushList(PickleNode[] items)
    {
        var list = new PickleList();
        list.Items.AddRange(items);
        Push(list);
    }

    void PushDict(PickleNode[] items)
    {
        Push(new PickleDict());
        SetIn(items);
    }

    void PushGlobal()
    {
        var place = _cursor.Position;
        var module = PickleText.Decode(Line(), _cursor.Name, place);
        Push(new PickleGlobal(module, PickleText.Decode(Line(), _cursor.Name, place)));
    }

    void StackedGlobal()
    {
        var names = _stack.PopMany(2);
        if (names[0] is not PickleString module || names[1] is not PickleString name)
        {
            PickleThrow.Operand(_cursor, "two strings", $"{PickleThrow.Kind(names[0])} and {PickleThrow.Kind(names[1])}");
            return;
        }
        Push(new PickleGlobal(module.Value, name.Value));
    }

    void Construct(PickleConstruction construction, PickleNode? keywords)
    {
        var parts = _stack.PopMany(2);
        Push(new PickleObject(construction, parts[0], parts[1], keywords));
    }

    void AppendTo(PickleNode[] items)
    {
        switch (_stack.Peek())
        {
            case PickleList list: list.Items.AddRange(items); break;
            case PickleObject subclass: if (items.Length > 0) { subclass.ListItems.AddRange(items); } break;
            case var other: PickleThrow.Operand(_cursor, "a list", PickleThrow.Kind(other)); break;
        }
    }

    void AddTo(PickleNode[] items)
    {
        if (_stack.Peek() is not PickleSet { Frozen: false } set) { PickleThrow.Operand(_cursor, "a set", PickleThrow.Kind(_stack.Peek())); return; }
        set.Items.AddRange(items);
    }

    void SetIn(PickleNode[] items)
    {
        if (items.Length % 2 != 0) { PickleThrow.Operand(_cursor, "keys with their values", $"{items.Length} values"); }
        var target = _stack.Peek();
        var entries = target switch
        {
            PickleDict dict => dict.Items,
            PickleObject subclass => subclass.DictItems,
            _ => null,
        };
        if (entries is null) { PickleThrow.Operand(_cursor, "a dict", PickleThrow.Kind(target)); return; }
        if (items.Length > 2) { entries.EnsureCapacity(entries.Count + (items.Length / 2)); }
        for (var i = 0; i < items.Length; i += 2) { entries.Add(new(items[i], items[i + 1])); }
    }

    void Put(ulong index)
    {
        if (index > uint.MaxValue) { PickleThrow.NoMemo(_cursor, index); }
        _memo.Put((uint)index, _stack.Peek());
    }

    void Get(ulong index)
    {
        var node = index <= uint.MaxValue ? _memo.Get((uint)index) : null;
        if (node is null)
        {
            _refersIntoSkipped = index <= uint.MaxValue && _memo.IsSkipped((uint)index);
            if (!_refersIntoSkipped) { PickleThrow.NoMemo(_cursor, index); }
            return;
        }
        _stack.Push(node);
        _skipPending = _skip is not null && node is PickleString text && text.Value == _skip && IsAttributeNameOfRoot();
    }

    ulong Number()
    {
        var place = _cursor.Position;
        var value = PickleText.Int(Line(), _cursor.Name, place);
        if (value < 0 || value > uint.MaxValue) { PickleThrow.NoMemo(_cursor, ulong.MaxValue); }
        return (ulong)value;
    }

    byte[] Line() => _cursor.Line(_limits.TextBytes);

    ulong SignedCount()
    {
        var count = _cursor.Int32();
        if (count < 0) { PickleThrow.NegativeCount(_cursor, count); }
        return (ulong)count;
    }

    BigInteger BigInt(ulong length) => new(_cursor.Bytes(length, _limits.IntBytes));

    /// <summary>Whether the string just pushed names an attribute that the root object is being given: [object, its dict, (mark,) pairs…, name].</summary>
    bool IsAttributeNameOfRoot() =>
        _skip is not null && _memo.IsDense && _stack.IsKeyOfDictAt(1) && _stack.Bottom is PickleObject;

    bool Skip(long place)
    {
        _cursor.Seek(place);
        var skipper = new PickleSkipper(_cursor, _memo.Next, _limits.Marks);
        if (skipper.TrySkip(_stack.HasMark))
        {
            _cursor.Seek(skipper.End);
            _memo.SkipTo(skipper.MemoEnd);
            Push(new PickleSkipped(skipper.End - place));
            return true;
        }
        _cursor.Seek(place);
        _cursor.Byte();
        return false;
    }

    static PickleInt MakeInt(BigInteger value) => new(value);

    static PickleInt MakeInt(int value) => value is >= 0 and < SmallInts ? s_ints[value] : new PickleInt(value);

    static PickleInt[] MakeSmallInts()
    {
        var ints = new PickleInt[SmallInts];
        for (var i = 0; i < SmallInts; i++) { ints[i] = new PickleInt(i); }
        return ints;
    }
}
