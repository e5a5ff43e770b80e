using Ckpt.Inference;

namespace Ckpt.Verify.Passes;

/// <summary>What one pass computes inside a layer, kept and compared with what another does there.</summary>
/// <param name="isWanted">Which points.</param>
/// <param name="most">Bytes that may be kept.</param>
sealed class PassPoints(Predicate<ForwardPoint> isWanted, long most)
{
    readonly Dictionary<(ForwardPoint, int), float[]> _kept = [];
    readonly Dictionary<ForwardPoint, int> _times = [];
    readonly List<(ForwardPoint Point, double Relative)> _distances = [];
    long _bytes;

    /// <summary>Whether more would have had to be kept than may be.</summary>
    internal bool IsTooMuch { get; private set; }

    /// <summary>In the order in which the second pass came there.</summary>
    internal IReadOnlyList<(ForwardPoint Point, double Relative)> Distances => _distances;

    internal void Keep(ForwardPoint point, RowMatrix rows)
    {
        if (!isWanted(point) || IsTooMuch) { return; }
        _bytes += (long)rows.Values.Length * sizeof(float);
        IsTooMuch = _bytes > most;
        if (!IsTooMuch) { _kept[(point, Time(point))] = [.. rows.Values]; }
    }

    /// <summary>Begins the second pass.</summary>
    internal void Restart() => _times.Clear();

    /// <summary>A point that the first pass did not come to is infinitely far away: tokens went to other experts.</summary>
    internal void Compare(ForwardPoint point, RowMatrix rows)
    {
        if (!isWanted(point)) { return; }
        var distance = new PassDistance();
        distance.Add(_kept.GetValueOrDefault((point, Time(point)), []), rows.Values);
        _distances.Add((point, distance.Relative));
    }

    // Parts of a fused weight are products of one name.
    int Time(ForwardPoint point) => _times[point] = _times.GetValueOrDefault(point) + 1;
}
