using System.Text.Json.Nodes;

namespace Ckpt.Models.Megatron.State;

/// <summary>How far a run is, and with which arguments: what Megatron keeps in the common state.</summary>
public sealed record TrainedRun
{
    /// <summary>Iterations done.</summary>
    public long Iteration { get; init; }

    /// <summary>Samples trained on.</summary>
    public long ConsumedTrainSamples { get; init; }

    /// <summary>Samples evaluated on.</summary>
    public long ConsumedValidSamples { get; init; }

    /// <summary>The run's arguments by their Python names.</summary>
    public JsonObject Arguments { get; init; } = [];

    /// <summary>The schedule; null where it is not kept.</summary>
    public SchedulerState? Scheduler { get; init; }

    /// <summary>The optimizer's groups; none where it is not kept.</summary>
    public IReadOnlyList<ParamGroupState> Groups { get; init; } = [];

    /// <summary>Whether random number states are kept.</summary>
    public bool HasRng { get; init; }
}
