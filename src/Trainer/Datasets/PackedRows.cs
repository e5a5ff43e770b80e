using System.Collections;

namespace Ckpt.Trainer.Datasets;

/// <summary>Rows that are packs of others, put together when asked for.</summary>
public sealed class PackedRows(IReadOnlyList<TrainingRow> rows, IReadOnlyList<IReadOnlyList<int>> plan) : IReadOnlyList<TrainingRow>
{
    public int Count => plan.Count;

    public TrainingRow this[int index] => TrainingRow.Joined([.. plan[index].Select(i => rows[i])]);

    public IEnumerator<TrainingRow> GetEnumerator() => Enumerable.Range(0, Count).Select(i => this[i]).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
