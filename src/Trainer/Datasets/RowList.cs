using System.Collections;

namespace Ckpt.Trainer.Datasets;

/// <summary>Lists of rows one after the other, without copying them.</summary>
public sealed class RowList(IReadOnlyList<IReadOnlyList<TrainingRow>> lists) : IReadOnlyList<TrainingRow>
{
    readonly int[] _starts = [.. Starts(lists)];

    public int Count => _starts[^1];

    public TrainingRow this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            var at = Array.BinarySearch(_starts, index);
            // Of empty lists several begin at one place: the last of them holds it.
            at = at < 0 ? ~at - 1 : at;
            while (_starts[at + 1] <= index) { at++; }
            return lists[at][index - _starts[at]];
        }
    }

    public IEnumerator<TrainingRow> GetEnumerator() => lists.SelectMany(l => l).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    static IEnumerable<int> Starts(IReadOnlyList<IReadOnlyList<TrainingRow>> lists)
    {
        var at = 0;
        yield return 0;
        foreach (var list in lists) { yield return checked(at += list.Count); }
    }
}
