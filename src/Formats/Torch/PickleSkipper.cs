using static Ckpt.Formats.Torch.PickleOpcode;

namespace Ckpt.Formats.Torch;

/// <summary>
/// Finds the end of one value of a dict that is being filled, keeping none of it: of each value on the stack it knows only whether it
/// was made before. Gives up, changing nothing, on whatever it does not understand and on whatever would change a value from before; the
/// machine then reads the value in the ordinary way, so that skipping never changes what a pickle means.
/// </summary>
sealed class PickleSkipper(PickleCursor cursor, long memo, int marksAllowed)
{
    readonly long _memoStart = memo;
    readonly List<bool> _fromBefore = [];
    readonly List<int> _marks = [];
    long _memo = memo;

    /// <summary>The byte behind the value.</summary>
    internal long End { get; private set; }

    /// <summary>The number that comes next in the memo behind the value.</summary>
    internal long MemoEnd { get; private set; }

    /// <summary>Passes one value.</summary>
    /// <param name="byMark">Whether the dict is filled by SETITEMS (else by SETITEM).</param>
    internal bool TrySkip(bool byMark)
    {
        while (true)
        {
            var place = cursor.Position;
            // One value and nothing open: it ends here, if what follows turns out to be the next key and not a part of it.
            if (_fromBefore.Count == 1 && _marks.Count == 0) { (End, MemoEnd) = (place, _memo); }
            if (cursor.Left == 0) { return false; }
            var opcode = cursor.Byte();
            if (_marks.Count == 0 && opcode == (byMark ? SetItems : SetItem) && (byMark || _fromBefore.Count == 1)) { return End != 0; }
            if (!Step(opcode)) { return false; }
        }
    }

    bool Step(byte opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.None or NewTrue or NewFalse or EmptyTuple or EmptyList or EmptyDict or EmptySet: return Push();
            case BinInt1: return Pass(1) && Push();
            case BinInt2: return Pass(2) && Push();
            case BinInt: return Pass(4) && Push();
            case BinFloat: return Pass(8) && Push();
            case Long1 or ShortBinUnicode or ShortBinBytes: return cursor.Left >= 1 && Pass(cursor.Byte()) && Push();
            case BinUnicode or BinBytes: return cursor.Left >= 4 && Pass(cursor.UInt32()) && Push();
            case BinUnicode8 or BinBytes8 or ByteArray8: return cursor.Left >= 8 && Pass(cursor.UInt64()) && Push();
            case Frame: return Pass(8);
            case PickleOpcode.Mark:
                if (_marks.Count == marksAllowed) { return false; }
                _marks.Add(_fromBefore.Count);
                return true;
            case Tuple1: return Take(1) && Push();
            case Tuple2 or StackGlobal or PickleOpcode.Reduce or NewObj: return Take(2) && Push();
            case Tuple3 or NewObjEx: return Take(3) && Push();
            case PickleOpcode.Tuple or FrozenSet: return TakeToMark() && Push();
            case Append or Build: return Take(1) && TargetIsOurs();
            case SetItem: return Take(2) && TargetIsOurs();
            case Appends or SetItems or AddItems: return TakeToMark() && TargetIsOurs();
            case Memoize: return Put(_memo);
            case BinPut: return cursor.Left >= 1 && Put(cursor.Byte());
            case LongBinPut: return cursor.Left >= 4 && Put(cursor.UInt32());
            case BinGet: return cursor.Left >= 1 && Get(cursor.Byte());
            case LongBinGet: return cursor.Left >= 4 && Get(cursor.UInt32());
            default: return false;
        }
    }

    int Fence => _marks.Count > 0 ? _marks[^1] : 0;

    bool Push()
    {
        _fromBefore.Add(false);
        return true;
    }

    bool Pass(ulong count)
    {
        if (count > (ulong)cursor.Left) { return false; }
        cursor.Skip(count);
        return true;
    }

    bool Take(int count)
    {
        if (_fromBefore.Count - Fence < count) { return false; }
        _fromBefore.RemoveRange(_fromBefore.Count - count, count);
        return true;
    }

    bool TakeToMark()
    {
        if (_marks.Count == 0) { return false; }
        _fromBefore.RemoveRange(_marks[^1], _fromBefore.Count - _marks[^1]);
        _marks.RemoveAt(_marks.Count - 1);
        return true;
    }

    bool TargetIsOurs() => _fromBefore.Count > Fence && !_fromBefore[^1];

    bool Put(long index)
    {
        if (index != _memo || !TargetIsOurs()) { return false; }
        _memo++;
        return true;
    }

    bool Get(long index)
    {
        if (index >= _memo) { return false; }
        _fromBefore.Add(index < _memoStart);
        return true;
    }
}
