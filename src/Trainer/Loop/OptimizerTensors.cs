using Ckpt.Formats.IO;
using Ckpt.Models.Megatron.State;
using Ckpt.Trainer.Checkpoints;
using Ckpt.Trainer.Loop.Arguments;
using Ckpt.Trainer.Optimizing;

namespace Ckpt.Trainer.Loop;

/// <summary>An optimizer's states as checkpoints take them, in the two groups that Megatron makes: with weight decay and without.</summary>
sealed class OptimizerTensors(TrainOptimizer optimizer, OptimizerArguments arguments, double learningRate, double weightDecay) : IOptimizerTensors
{
    public IReadOnlyList<ParamGroupState> Groups { get; } =
    [
        Group(optimizer, arguments, learningRate, weightDecay, 1),
        Group(optimizer, arguments, learningRate, 0, 0),
    ];

    public IReadOnlyList<string> Kinds { get; } = [.. optimizer.Entries.Select(static entry => entry.Kind).Distinct()];

    public IByteSource Gather(string parameter, string kind) => new TensorBytes($"{kind} of {parameter}", optimizer.Gather(ParameterOf(parameter), kind), giveAway: true);

    static string ParameterOf(string saved) => saved.Replace(".modules_to_save.default.", ".", StringComparison.Ordinal);

    static ParamGroupState Group(TrainOptimizer optimizer, OptimizerArguments arguments, double learningRate, double weightDecay, double factor) => new()
    {
        Lr = learningRate,
        Beta1 = arguments.Beta1,
        Beta2 = arguments.Beta2,
        Epsilon = arguments.Epsilon,
        WeightDecay = weightDecay,
        WeightDecayFactor = factor,
        Step = optimizer.Step,
        MaxLr = arguments.LearningRate,
        MinLr = arguments.MinLearningRate,
    };
}
