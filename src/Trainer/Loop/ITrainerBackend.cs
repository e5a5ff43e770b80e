using System.Text.Json.Nodes;
using Ckpt.Trainer.Loop.Arguments;

namespace Ckpt.Trainer.Loop;

/// <summary>What computes: connects ranks, and opens models to train.</summary>
public interface ITrainerBackend
{
    /// <summary>What to install where it cannot compute here; null where it can.</summary>
    string? Unavailable { get; }

    /// <summary>Meets the other ranks; disposed by the caller where it can be.</summary>
    IRankGroup Connect(PlaceArguments place);

    /// <summary>Loads what is trained.</summary>
    ITrainingSession Open(TrainingArguments arguments, TrainingText text, IRankGroup ranks, SessionPlan plan);
}

/// <summary>A model that is being trained, where it begins, and where it is kept.</summary>
public interface ITrainingSession : IDisposable
{
    /// <summary>The model with its optimizer.</summary>
    ITrainee Trainee { get; }

    /// <summary>Where checkpoints go.</summary>
    ICheckpointSink Checkpoints { get; }

    /// <summary>Where the run stands.</summary>
    LoopState Start { get; }

    /// <summary>What a user wants to know of it, a sentence a line.</summary>
    IReadOnlyList<string> Notes { get; }

    /// <summary>How a run that was stopped goes on.</summary>
    string ResumeAdvice(LoopState state);
}

/// <summary>What a session needs to know of its run.</summary>
/// <param name="RunFolder">Where the run writes.</param>
/// <param name="Iterations">How many steps, and when it saves.</param>
/// <param name="LearningRate">The learning rate.</param>
/// <param name="WeightDecay">Weight decay.</param>
/// <param name="Arguments">The run's arguments as <c>args.json</c> has them.</param>
public sealed record SessionPlan(string RunFolder, IterationPlan Iterations, LearningRateSchedule LearningRate, WeightDecaySchedule WeightDecay, JsonObject Arguments);
