namespace Ckpt.Formats.Torch;

/// <summary>What a pickle may refer back to, by number. Picklers count from 0; any other numbers are kept as well, at a dearer price.</summary>
sealed class PickleMemo
{
    readonly List<PickleNode> _before = [];
    readonly List<PickleNode> _after = [];
    readonly Dictionary<uint, PickleNode> _sparse = [];
    long _skipFrom = -1;
    long _skipTo = -1;

    /// <summary>The number that MEMOIZE gives next.</summary>
    internal long Next => DenseEnd + _sparse.Count;

    /// <summary>Whether the numbers so far are 0, 1, 2, … and none was left out, as picklers count.</summary>
    internal bool IsDense => _sparse.Count == 0 && _skipTo < 0;

    /// <summary>Whether a number belongs to the part that was read past.</summary>
    internal bool IsSkipped(uint index) => index >= _skipFrom && index < _skipTo;

    long DenseEnd => _skipTo >= 0 ? _skipTo + _after.Count : _before.Count;

    internal void Put(uint index, PickleNode node)
    {
        var next = DenseEnd;
        if (index == next)
        {
            (_skipTo >= 0 ? _after : _before).Add(node);
            _sparse.Remove(index);
        }
        else if (index < _before.Count) { _before[(int)index] = node; }
        else if (_skipTo >= 0 && index >= _skipTo && index < next) { _after[(int)(index - _skipTo)] = node; }
        else { _sparse[index] = node; }
    }

    internal PickleNode? Get(uint index)
    {
        if (index < _before.Count) { return _before[(int)index]; }
        if (_skipTo >= 0 && index >= _skipTo && index < _skipTo + _after.Count) { return _after[(int)(index - _skipTo)]; }
        return _sparse.GetValueOrDefault(index);
    }

    /// <summary>Leaves out the numbers from the next one to <paramref name="end"/>.</summary>
    internal void SkipTo(long end) => (_skipFrom, _skipTo) = (_before.Count, end);
}
