namespace Ckpt.Sharding.Plans;

/// <summary>How one data range of a layout is filled: copies, by ascending place in the target; what they leave is zero.</summary>
public sealed class Piece
{
    readonly long[]? _lastSoFar;

    /// <summary>A piece of these copies, sorted by <see cref="RegionCopy.TargetStart"/>.</summary>
    public Piece(int file, int range, IReadOnlyList<RegionCopy> copies, long zeros)
    {
        (File, Range, Copies, Zeros) = (file, range, copies, zeros);
        if (copies.Count < 2) { return; }
        _lastSoFar = new long[copies.Count];
        var last = -1L;
        for (var i = 0; i < _lastSoFar.Length; i++) { _lastSoFar[i] = last = Math.Max(last, copies[i].TargetLast); }
    }

    /// <summary>Another range that is filled as one before it: the same box again, for another rank.</summary>
    internal Piece(int file, int range, Piece other) => (File, Range, Copies, Zeros, _lastSoFar) = (file, range, other.Copies, other.Zeros, other._lastSoFar);

    /// <summary>Index into the layout's files.</summary>
    public int File { get; }

    /// <summary>Index into that file's data ranges.</summary>
    public int Range { get; }

    /// <summary>The copies, by ascending place.</summary>
    public IReadOnlyList<RegionCopy> Copies { get; }

    /// <summary>Elements that no copy reaches.</summary>
    public long Zeros { get; }

    /// <summary>The first copy that may reach an element at or after <paramref name="place"/>.</summary>
    internal int FirstReaching(long place)
    {
        if (_lastSoFar is null) { return Copies.Count == 1 && Copies[0].TargetLast < place ? 1 : 0; }
        var (low, high) = (0, _lastSoFar.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_lastSoFar[middle] < place) { low = middle + 1; } else { high = middle; }
        }
        return low;
    }
}
