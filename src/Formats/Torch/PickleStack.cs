namespace Ckpt.Formats.Torch;

/// <summary>The machine's stack with the marks in it. What lies below the last mark cannot be taken.</summary>
sealed class PickleStack(PickleCursor cursor, int marksAllowed)
{
    readonly List<int> _marks = [];
    PickleNode[] _items = new PickleNode[16];

    internal int Count { get; private set; }

    internal bool HasMark => _marks.Count > 0;

    internal PickleNode? Bottom => Count > 0 ? _items[0] : null;

    int Fence => _marks.Count > 0 ? _marks[^1] : 0;

    internal void Push(PickleNode node)
    {
        if (Count == _items.Length) { Array.Resize(ref _items, checked(Count * 2)); }
        _items[Count++] = node;
    }

    internal PickleNode Pop()
    {
        if (Count <= Fence) { PickleThrow.Underflow(cursor, 1, Count - Fence); }
        return _items[--Count];
    }

    internal PickleNode Peek()
    {
        if (Count <= Fence) { PickleThrow.Underflow(cursor, 1, Count - Fence); }
        return _items[Count - 1];
    }

    internal PickleNode[] PopMany(int count)
    {
        if (Count - Fence < count) { PickleThrow.Underflow(cursor, count, Count - Fence); }
        Count -= count;
        return _items.AsSpan(Count, count).ToArray();
    }

    internal PickleNode[] PopToMark()
    {
        if (_marks.Count == 0) { PickleThrow.NoMark(cursor); }
        var mark = _marks[^1];
        _marks.RemoveAt(_marks.Count - 1);
        var items = _items.AsSpan(mark, Count - mark).ToArray();
        Count = mark;
        return items;
    }

    internal void Mark()
    {
        if (_marks.Count == marksAllowed) { PickleThrow.TooMany(cursor, "marks open at once", marksAllowed); }
        _marks.Add(Count);
    }

    /// <summary>POP: the last item, or the mark where there is none above it.</summary>
    internal void Drop()
    {
        if (_marks.Count > 0 && Count == _marks[^1]) { _marks.RemoveAt(_marks.Count - 1); }
        else { Pop(); }
    }

    /// <summary>Whether the last item stands where a key does that is about to be set in the dict at <paramref name="index"/>.</summary>
    internal bool IsKeyOfDictAt(int index) =>
        Count > index + 1 && _items[index] is PickleDict
        && (_marks.Count == 0 ? Count == index + 2 : _marks is [var mark] && mark == index + 1 && (Count - mark) % 2 == 1);
}
