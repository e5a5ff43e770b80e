namespace Ckpt.Trainer.Loop.Arguments;

/// <summary>How parameters are moved.</summary>
public sealed record OptimizerArguments
{
    /// <summary><c>adam</c> or <c>sgd</c>.</summary>
    public string Name { get; init; } = "adam";

    public required double LearningRate { get; init; }

    public double MinLearningRate { get; init; }

    public DecayStyle Decay { get; init; } = DecayStyle.Cosine;

    /// <summary>Steps of the fall, warm-up included; null for all.</summary>
    public long? DecayIterations { get; init; }

    public long WarmupIterations { get; init; }

    /// <summary>The warm-up as a part of the fall, in place of its steps.</summary>
    public double? WarmupFraction { get; init; }

    public double WarmupInit { get; init; }

    public WsdStyle Wsd { get; init; } = WsdStyle.Exponential;

    public long? WsdIterations { get; init; }

    public double WeightDecay { get; init; } = 0.1;

    public double StartWeightDecay { get; init; } = 0.1;

    public double EndWeightDecay { get; init; } = 0.1;

    public WeightDecayStyle WeightDecayStyle { get; init; } = WeightDecayStyle.Constant;

    /// <summary>The largest norm of gradients; 0 for any.</summary>
    public double ClipGrad { get; init; } = 1;

    public double Beta1 { get; init; } = 0.9;

    public double Beta2 { get; init; } = 0.95;

    public double Epsilon { get; init; } = 1e-8;

    public double SgdMomentum { get; init; } = 0.9;

    /// <summary>Whether ranks with data of their own share the optimizer's state (ZeRO-1).</summary>
    public bool IsDistributed { get; init; } = true;

    public bool CheckForNan { get; init; } = true;

    /// <summary>The schedule of a run.</summary>
    /// <param name="iterations">Its steps.</param>
    /// <param name="globalBatch">Rows of a step.</param>
    public LearningRateSchedule Schedule(long iterations, int globalBatch)
    {
        var decay = (double)(DecayIterations ?? iterations) * globalBatch;
        return new LearningRateSchedule
        {
            Max = LearningRate,
            Min = MinLearningRate,
            WarmupInit = WarmupInit,
            WarmupRows = WarmupFraction is { } part ? part * decay : (double)WarmupIterations * globalBatch,
            DecayRows = decay,
            Style = Decay,
            WsdStyle = Wsd,
            WsdRows = (double)(WsdIterations ?? 0) * globalBatch,
        }.Checked();
    }

    /// <summary>The weight decay of a run.</summary>
    public WeightDecaySchedule DecaySchedule(long iterations, int globalBatch) => WeightDecayStyle == WeightDecayStyle.Constant
        ? new WeightDecaySchedule(WeightDecay, WeightDecay, (double)iterations * globalBatch, WeightDecayStyle)
        : new WeightDecaySchedule(StartWeightDecay, EndWeightDecay, (double)iterations * globalBatch, WeightDecayStyle);
}
