using Ckpt.Kit;
using Ckpt.Trainer.Datasets;
using Xunit;

namespace Ckpt.TrainerTests.Datasets;

public sealed class BatchCollatorTests
{
    const int Pad = 99;
    static readonly TrainingRow s_three = new([1, 2, 3], [-100, 2, 3], null, [0, 3]);
    static readonly TrainingRow s_two = new([4, 5], [-100, 5], null, [0, 2]);

    [Fact, Clause("TRL-3.1")]
    public void RowsAreFilledUpOnTheRight()
    {
        var batch = new BatchCollator(false, Pad).Collate([s_three, s_two]);
        Assert.Equal((2, 3), (batch.Rows, batch.Columns));
        Assert.Equal([1, 2, 3, 4, 5, Pad], batch.Tokens);
        Assert.Equal([2, 3, -100, 5, -100, -100], batch.Labels);
        Assert.Equal([0, 1, 2, 0, 1, 2], batch.Positions);
        Assert.Null(batch.Boundaries!);
        Assert.Equal((3, 5), (batch.LabelCount, batch.TokenCount));
    }

    [Fact, Clause("TRL-3.1")]
    public void RowsLieEndToEndAndSeeOnlyThemselves()
    {
        var batch = new BatchCollator(true, Pad, MultipleOf: 4).Collate([s_three, s_two]);
        Assert.Equal((1, 8), (batch.Rows, batch.Columns));
        Assert.Equal([1, 2, 3, 4, 5, Pad, Pad, Pad], batch.Tokens);
        Assert.Equal([2, 3, -100, 5, -100, -100, -100, -100], batch.Labels);
        Assert.Equal([0, 1, 2, 0, 1, 0, 1, 2], batch.Positions);
        Assert.Equal([0, 3, 5, 8], batch.Boundaries!);
        Assert.Equal((3, 5), (batch.LabelCount, batch.TokenCount));
    }

    [Fact, Clause("TRL-3.1")]
    public void WeightsMoveWithTheirLabels()
    {
        var weighted = s_two with { Weights = [0, 0.5f] };
        var batch = new BatchCollator(true, Pad).Collate([s_three, weighted]);
        Assert.Equal([1, 1, 0, 0.5f, 0], batch.Weights!);
    }

    [Fact, Clause("TRL-3.1")]
    public void PackedRowsAreTakenApartAgain()
    {
        var pack = TrainingRow.Joined([s_three, s_two]);
        Assert.Equal([-100, 2, 3, -100, 5], pack.Labels);
        var joined = new BatchCollator(true, Pad).Collate([pack]);
        var apart = new BatchCollator(true, Pad).Collate([s_three, s_two]);
        Assert.Equal(apart.Tokens, joined.Tokens);
        Assert.Equal(apart.Labels, joined.Labels);
        Assert.Equal(apart.Positions, joined.Positions);
        Assert.Equal(apart.Boundaries, joined.Boundaries);
        Assert.Throws<ArgumentException>(() => new BatchCollator(false, Pad).Collate([pack]));
    }

    [Fact, Clause("TRL-3.1")]
    public void ALabelOfAFirstTokenIsNeverLearned()
    {
        // A sample whose every label counts: its first has nothing before it.
        var eager = new TrainingRow([7, 8], [7, 8], null, [0, 2]);
        Assert.Equal([8, -100, 8, -100], new BatchCollator(true, Pad).Collate([eager, eager]).Labels);
        Assert.Equal([-100, 8, -100, 8], TrainingRow.Joined([eager, eager]).Labels);
    }
}
