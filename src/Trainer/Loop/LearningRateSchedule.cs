using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;

namespace Ckpt.Trainer.Loop;

/// <summary>
/// Megatron's <c>OptimizerParamScheduler</c> as a function: the learning rate after so many rows have been consumed (TRL-4.1). Spans are in
/// rows, not in steps, so that they do not depend on the batch size.
/// </summary>
public sealed record LearningRateSchedule
{
    /// <summary>The rate at the end of the warm-up.</summary>
    public required double Max { get; init; }

    /// <summary>The rate at the end.</summary>
    public double Min { get; init; }

    /// <summary>The rate that the warm-up begins with.</summary>
    public double WarmupInit { get; init; }

    /// <summary>Rows of the warm-up; with a fraction given, no whole number.</summary>
    public double WarmupRows { get; init; }

    /// <summary>Rows at which the fall has ended, those of the warm-up included.</summary>
    public required double DecayRows { get; init; }

    /// <summary>How it falls.</summary>
    public DecayStyle Style { get; init; } = DecayStyle.Cosine;

    /// <summary>How the last part falls where there is one.</summary>
    public WsdStyle WsdStyle { get; init; } = WsdStyle.Exponential;

    /// <summary>Rows of that part.</summary>
    public double WsdRows { get; init; }

    /// <summary>Checks what Megatron asserts.</summary>
    /// <exception cref="LayoutException">The numbers contradict each other.</exception>
    public LearningRateSchedule Checked()
    {
        if (!(Min >= 0 && Max >= Min)) { Throw.BadBounds(Min, Max); }
        if (!(WarmupInit >= 0 && WarmupInit <= Max)) { Throw.BadInit(WarmupInit, Max); }
        if (WarmupRows > 0 && WarmupRows >= DecayRows) { Throw.LongWarmup(WarmupRows, DecayRows); }
        if (Style == DecayStyle.Wsd && !(WsdRows > 0)) { Throw.NoWsdSpan(); }
        return this;
    }

    /// <summary>The rate of a step that begins after this many rows.</summary>
    public double At(long rows)
    {
        if (WarmupRows > 0 && rows <= WarmupRows) { return WarmupInit + ((Max - WarmupInit) * rows / WarmupRows); }
        if (Style == DecayStyle.Constant) { return Max; }
        if (rows > DecayRows) { return Min; }
        if (Style == DecayStyle.InverseSquareRoot)
        {
            return Math.Max(Min, Max * Math.Sqrt(Math.Max(WarmupRows, 1)) / Math.Sqrt(Math.Max(rows, 1L)));
        }
        var part = (rows - WarmupRows) / (DecayRows - WarmupRows);
        var height = Style switch
        {
            DecayStyle.Linear => 1 - part,
            DecayStyle.Cosine => Cosine(part),
            _ => Wsd(rows),
        };
        return Min + (height * (Max - Min));
    }

    double Wsd(long rows)
    {
        var start = DecayRows - WsdRows;
        if (rows <= start) { return 1; }
        var part = (rows - start) / WsdRows;
        return WsdStyle switch
        {
            WsdStyle.Linear => 1 - part,
            WsdStyle.Cosine => Cosine(part),
            WsdStyle.MinusSquareRoot => 1 - Math.Sqrt(part),
            _ => (2 * Math.Pow(0.5, part)) - 1,
        };
    }

    static double Cosine(double part) => 0.5 * (Math.Cos(Math.PI * part) + 1);

    static class Throw
    {
        [DoesNotReturn]
        internal static void BadBounds(double min, double max) => throw new LayoutException("TRL-4.2", "--min_lr", FormattableString.Invariant($"{min}; allowed is 0 to --lr, which is {max}"));

        [DoesNotReturn]
        internal static void BadInit(double init, double max) => throw new LayoutException("TRL-4.2", "--lr_warmup_init", FormattableString.Invariant($"{init}; allowed is 0 to --lr, which is {max}"));

        [DoesNotReturn]
        internal static void LongWarmup(double warmup, double decay) => throw new LayoutException(
            "TRL-4.2", "--lr_warmup_iters", FormattableString.Invariant($"the warm-up takes {warmup} rows and the whole fall {decay}; the warm-up must be shorter"));

        [DoesNotReturn]
        internal static void NoWsdSpan() => throw new LayoutException("TRL-4.2", "--lr_wsd_decay_iters", "is needed with --lr_decay_style WSD, and at least 1");
    }
}
