using Ckpt.Formats;
using Ckpt.Kit;
using Ckpt.Trainer.Datasets;
using Ckpt.Trainer.Loop;
using Xunit;

namespace Ckpt.TrainerTests.Loop;

public sealed class IterationPlanTests
{
    static readonly BatchGeometry s_geometry = new(2, 16, 4);
    static readonly IterationWish s_epoch = new(null, 1, 500, null, -1, false, 5);

    [Fact, Clause("TRL-1.2")]
    public void StepsFollowFromWholeRoundsTimesEpochs()
    {
        // 1500 rows of three data sets: 1496 in whole rounds of 8.
        Assert.Equal(93, IterationPlan.Of(s_epoch, s_geometry, 1500, 0).Iterations);
        Assert.Equal(1496 * 3 / 16, IterationPlan.Of(s_epoch with { Epochs = 3 }, s_geometry, 1500, 0).Iterations);
        Assert.Equal(100, IterationPlan.Of(s_epoch with { TrainIters = 100 }, s_geometry, 1500, 0).Iterations);
        Assert.Equal(100, IterationPlan.Of(s_epoch with { TrainIters = 100, Epochs = null }, s_geometry, null, 0).Iterations);
    }

    [Fact, Clause("TRL-1.2")]
    public void ARunWithoutAStepIsRefused()
    {
        Assert.Equal("TRL-1.2", Assert.Throws<LayoutException>(() => IterationPlan.Of(s_epoch, s_geometry, 15, 0)).Clause);
        Assert.Equal("TRL-1.2", Assert.Throws<LayoutException>(() => IterationPlan.Of(s_epoch with { Epochs = null }, s_geometry, 1500, 0)).Clause);
        Assert.Equal("TRL-1.2", Assert.Throws<LayoutException>(() => IterationPlan.Of(s_epoch, s_geometry, null, 0)).Clause);
    }

    [Fact, Clause("TRL-1.3")]
    public void EvaluationTakesWholeGlobalBatchesAndAtLeastOne()
    {
        Assert.Equal(0, IterationPlan.Of(s_epoch, s_geometry, 1500, 7).EvalIterations);
        Assert.Equal(1, IterationPlan.Of(s_epoch, s_geometry, 1500, 8).EvalIterations);
        Assert.Equal(2, IterationPlan.Of(s_epoch, s_geometry, 1500, 47).EvalIterations);
        Assert.Equal(5, IterationPlan.Of(s_epoch with { EvalIters = 5 }, s_geometry, 1500, 47).EvalIterations);
        Assert.Equal(500, IterationPlan.Of(s_epoch, s_geometry, 1500, 47).EvalSteps);
        Assert.Equal(20, IterationPlan.Of(s_epoch with { EvalSteps = 20 }, s_geometry, 1500, 47).EvalSteps);
    }

    [Fact, Clause("TRL-1.3")]
    public void AnEpochIsItsWholeSteps()
    {
        var plan = IterationPlan.Of(s_epoch with { SaveEachEpoch = true, Epochs = 2, EvalSteps = 7 }, s_geometry, 1500, 47);
        Assert.Equal((93L, 93L, 187L), (plan.SaveSteps, plan.EvalSteps, plan.Iterations));
        Assert.Equal("TRL-1.3", Assert.Throws<LayoutException>(() => IterationPlan.Of(s_epoch with { SaveEachEpoch = true, TrainIters = 5 }, s_geometry, null, 0)).Clause);
    }
}
