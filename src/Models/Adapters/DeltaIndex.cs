namespace Ckpt.Models.Adapters;

/// <summary>The changes of one adapter to one tensor, found by rows: a stacked tensor has thousands, a batch meets a few.</summary>
sealed class DeltaIndex
{
    readonly DeltaPiece[] _pieces;
    readonly long[] _lastSoFar;

    internal DeltaIndex(IEnumerable<DeltaPiece> pieces)
    {
        _pieces = [.. pieces.OrderBy(static piece => piece.Rows.Start).ThenBy(static piece => piece.Columns.Start)];
        _lastSoFar = new long[_pieces.Length];
        var last = -1L;
        for (var i = 0; i < _pieces.Length; i++) { _lastSoFar[i] = last = Math.Max(last, _pieces[i].Rows[_pieces[i].Rows.Count - 1]); }
    }

    internal IReadOnlyList<DeltaPiece> All => _pieces;

    /// <summary>Adds to <paramref name="found"/> every change that meets a row of [first, first + count).</summary>
    internal void Find(long first, int count, List<DeltaPiece> found)
    {
        var (low, high) = (0, _pieces.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_lastSoFar[middle] < first) { low = middle + 1; } else { high = middle; }
        }
        for (; low < _pieces.Length && _pieces[low].Rows.Start < first + count; low++) { found.Add(_pieces[low]); }
    }
}
