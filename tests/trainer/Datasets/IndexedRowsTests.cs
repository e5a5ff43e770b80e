using Ckpt.Data;
using Ckpt.Data.Indexed;
using Ckpt.Data.Templates.Named;
using Ckpt.Kit;
using Ckpt.Trainer.Datasets;
using Xunit;

namespace Ckpt.TrainerTests.Datasets;

public sealed class IndexedRowsTests
{
    [Fact, Clause("TRL-3.7")]
    public void TheThreeOutputsOfConversationsAreRows()
    {
        using var folder = new TemporaryFolder();
        Write(folder["c_packed_input_ids_document"], [1, 2, 3, 4, 5], [6, 7]);
        Write(folder["c_packed_labels_document"], [-100, 2, -100, -100, 5], [-100, 7]);
        Write(folder["c_packed_attention_mask_document"], [1, 1, 1, 2, 2], [1, 1]);
        Assert.True(IndexedRows.IsPrefix(folder["c"]));
        using var rows = IndexedRows.Open(folder["c"], null, TruncationStrategy.Delete);
        Assert.Equal(2, rows.Count);
        Assert.Equal([1, 2, 3, 4, 5], rows[0].Ids);
        Assert.Equal([-100, 2, -100, -100, 5], rows[0].Labels);
        Assert.Equal([0, 3, 5], rows[0].Boundaries); // the mask of a neat pack numbers its samples
        Assert.Equal([0, 2], rows[1].Boundaries);
        Write(folder["c_packed_labels_document"], [-100, 2, -100, -100, 5]);
        Assert.Equal("TRL-3.7", Assert.Throws<MalformedDataException>(() => IndexedRows.Open(folder["c"], null, TruncationStrategy.Delete)).Clause);
    }

    [Theory, Clause("TRL-3.7")]
    [InlineData(TruncationStrategy.Delete, "6 7")]
    [InlineData(TruncationStrategy.Left, "3 4 5|6 7")]
    [InlineData(TruncationStrategy.Right, "1 2 3|6 7")]
    [InlineData(TruncationStrategy.Split, "1 2 3|4 5|6 7")]
    public void DocumentsOfTextAreLearnedWhole(TruncationStrategy truncation, string expected)
    {
        using var folder = new TemporaryFolder();
        Write(folder["t_text_document"], [1, 2, 3, 4, 5], [6, 7]);
        using var rows = IndexedRows.Open(folder["t"], 3, truncation);
        Assert.Equal(expected, string.Join('|', rows.Select(r => string.Join(' ', r.Ids))));
        Assert.All(rows, r => Assert.Equal([-100, .. r.Ids.Skip(1)], r.Labels));
    }

    [Fact, Clause("TRL-3.7")]
    public void RowsOfSeveralFilesFollowEachOther()
    {
        TrainingRow Row(int id) => new([id], [id], null, [0, 1]);
        var list = new RowList([[Row(0), Row(1)], [], [], [Row(2)], []]);
        Assert.Equal(3, list.Count);
        Assert.Equal([0, 1, 2], Enumerable.Range(0, 3).Select(i => list[i].Ids[0]));
        Assert.Equal([0, 1, 2], list.Select(r => r.Ids[0]));
        Assert.Throws<ArgumentOutOfRangeException>(() => list[3]);
    }

    static void Write(string prefix, params int[][] sequences)
    {
        using var writer = new IndexedDatasetWriter(prefix, IndexedDType.Int32);
        foreach (var sequence in sequences)
        {
            writer.Add(sequence);
            writer.EndDocument();
        }
        writer.Finish();
    }
}
