using Ckpt.Data;
using Ckpt.Kit;
using Ckpt.Trainer.Datasets;
using Xunit;

namespace Ckpt.TrainerTests.Datasets;

public sealed class StreamedRowsTests
{
    static readonly BatchGeometry s_geometry = new(2, 8, 2);

    [Fact, Clause("TRL-2.5")]
    public void RanksShareAStreamThatBeginsAnewAtItsEnd()
    {
        using var first = new StreamedRows(Five, s_geometry, 0);
        using var second = new StreamedRows(Five, s_geometry, 1);
        // Ids tell row and epoch: 0–4, then 10–14.
        Assert.Equal([0, 2], Ids(first, 0));
        Assert.Equal([1, 3], Ids(second, 0));
        Assert.Equal([4, 11], Ids(first, 4));
        Assert.Equal([10, 12], Ids(second, 4));
    }

    [Fact, Clause("TRL-2.5")]
    public void ARunThatGoesOnTakesTheRowsThatAnUndisturbedOneWould()
    {
        using var whole = new StreamedRows(Five, s_geometry, 1);
        foreach (var consumed in (long[])[0, 4, 8]) { whole.MicroBatch(consumed); }
        using var resumed = new StreamedRows(Five, s_geometry, 1);
        Assert.Equal(Ids(whole, 12), Ids(resumed, 12));
    }

    [Fact, Clause("TRL-2.6")]
    public void AnEmptyStreamIsRefused()
    {
        using var empty = new StreamedRows(_ => [], s_geometry, 0);
        Assert.Equal("TRL-2.6", Assert.Throws<MalformedDataException>(() => empty.MicroBatch(0)).Clause);
    }

    static IEnumerable<TrainingRow> Five(int epoch) => Enumerable.Range(epoch * 10, 5).Select(i => new TrainingRow([i], [i], null, [0, 1]));

    static IEnumerable<int> Ids(StreamedRows rows, long consumed) => rows.MicroBatch(consumed).Select(r => r.Ids[0]);
}
