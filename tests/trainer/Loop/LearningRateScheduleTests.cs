using Ckpt.Formats;
using Ckpt.Kit;
using Ckpt.Trainer.Loop;
using Xunit;

namespace Ckpt.TrainerTests.Loop;

/// <summary>Expected rates were computed by a transcription of Megatron-LM's scheduler in Python, and are those of the reference training runs.</summary>
public sealed class LearningRateScheduleTests
{
    static readonly long[] s_rows = [0, 8, 24, 32, 96, 112, 120, 160, 168];
    static readonly LearningRateSchedule s_schedule = new() { Max = 1e-3, Min = 1e-5, WarmupInit = 1e-6, WarmupRows = 24, DecayRows = 160, WsdRows = 48 };

    [Theory, Clause("TRL-4.1")]
    [InlineData(DecayStyle.Constant, default(WsdStyle), new[] { 0.001, 0.001, 0.001, 0.001, 0.001, 0.001 })]
    [InlineData(DecayStyle.Linear, default(WsdStyle), new[] { 0.000941764705882353, 0.0004758823529411765, 0.00035941176470588235, 0.00030117647058823527, 1e-05, 1e-05 })]
    [InlineData(DecayStyle.Cosine, default(WsdStyle), new[] { 0.0009915716843435314, 0.00045932716206566556, 0.00028435951389061364, 0.00020669585499226813, 1e-05, 1e-05 })]
    [InlineData(DecayStyle.InverseSquareRoot, default(WsdStyle), new[] { 0.0008660254037844385, 0.0005, 0.00046291004988627564, 0.0004472135954999579, 0.0003872983346207416, 1e-05 })]
    [InlineData(DecayStyle.Wsd, WsdStyle.Exponential, new[] { 0.001, 0.001, 0.001, 0.0007839794619178718, 1e-05, 1e-05 })]
    [InlineData(DecayStyle.Wsd, WsdStyle.Linear, new[] { 0.001, 0.001, 0.001, 0.000835, 1e-05, 1e-05 })]
    [InlineData(DecayStyle.Wsd, WsdStyle.Cosine, new[] { 0.001, 0.001, 0.001, 0.0009336825748732972, 1e-05, 1e-05 })]
    [InlineData(DecayStyle.Wsd, WsdStyle.MinusSquareRoot, new[] { 0.001, 0.001, 0.001, 0.0005958341924407756, 1e-05, 1e-05 })]
    public void RatesAreMegatrons(DecayStyle style, WsdStyle wsd, double[] behindWarmup)
    {
        var schedule = (s_schedule with { Style = style, WsdStyle = wsd }).Checked();
        double[] expected = [1e-06, 0.00033400000000000004, 0.001, .. behindWarmup];
        for (var i = 0; i < s_rows.Length; i++) { Assert.Equal(expected[i], schedule.At(s_rows[i]), 1e-15); }
    }

    [Fact, Clause("TRL-4.1")]
    public void AStepTakesTheRateOfTheRowsBeforeIt()
    {
        // The reference runs: 30 steps of 4 rows, 3 of them warm-up, from 1e-3 to 1e-4.
        var schedule = new LearningRateSchedule { Max = 1e-3, Min = 1e-4, WarmupRows = 12, DecayRows = 120 };
        double[] expected = [0.0, 0.0003333333333333333, 0.0006666666666666666, 0.001, 0.0009969572609838744, 0.0009878701917609206, 0.0009728616793536588];
        for (var step = 0; step < expected.Length; step++) { Assert.Equal(expected[step], schedule.At(step * 4), 1e-15); }
        Assert.Equal(0.00010304273901612565, schedule.At(29 * 4), 1e-15);
        Assert.Equal(1e-4, schedule.At(30 * 4), 1e-15);
    }

    [Fact, Clause("TRL-4.1")]
    public void AFractionOfAWarmupNeedNotBeWhole()
    {
        var schedule = new LearningRateSchedule { Max = 1, WarmupRows = 0.05 * 93 * 16, DecayRows = 93 * 16 };
        Assert.Equal(16 / 74.4, schedule.At(16), 1e-15);
    }

    [Fact, Clause("TRL-4.2")]
    public void NumbersThatContradictEachOtherAreRefused()
    {
        foreach (var bad in (LearningRateSchedule[])[
            s_schedule with { Min = 2e-3 }, s_schedule with { Min = -1 }, s_schedule with { WarmupInit = 1 }, s_schedule with { WarmupRows = 160 },
            s_schedule with { Style = DecayStyle.Wsd, WsdRows = 0 }])
        {
            Assert.Equal("TRL-4.2", Assert.Throws<LayoutException>(bad.Checked).Clause);
        }
    }

    [Fact, Clause("TRL-4.3")]
    public void WeightDecayGrowsAsMegatrons()
    {
        Assert.Equal(0.1, new WeightDecaySchedule(0.1, 0.1, 100, WeightDecayStyle.Constant).At(0));
        var linear = new WeightDecaySchedule(0, 0.2, 100, WeightDecayStyle.Linear);
        Assert.Equal([0, 0.05, 0.2, 0.2], ((long[])[0, 25, 100, 101]).Select(linear.At));
        var cosine = new WeightDecaySchedule(0.1, 0.3, 100, WeightDecayStyle.Cosine);
        Assert.Equal([0.1, 0.2, 0.3], ((long[])[0, 50, 100]).Select(r => Math.Round(cosine.At(r), 12)));
    }
}
