namespace Ckpt.Models.Adapters;

/// <summary>What a Megatron adapter checkpoint may not say itself.</summary>
public sealed record McoreAdapterOptions
{
    internal const string Default = "default";

    /// <summary>Which adapter, where there are several (reinforcement learning keeps a <c>ref_adapter</c> besides).</summary>
    public string Adapter { get; init; } = Default;

    /// <summary><c>lora_alpha</c>, in place of what the run's arguments say.</summary>
    public double? Alpha { get; init; }

    /// <summary>What the change is scaled by, in place of alpha over the rank.</summary>
    public double? Scaling { get; init; }

    /// <summary>Whether scaling is alpha over the root of the rank, in place of what the run's arguments say.</summary>
    public bool? UseRslora { get; init; }

    /// <summary>Options of its names that they do not tell (<c>dialect</c>); empty: as the run's arguments tell.</summary>
    public IReadOnlyDictionary<string, string> Choices { get; init; } = new Dictionary<string, string>();

    /// <summary>The tensor parallel size under which it was saved, in place of what chunks and arguments say.</summary>
    public int? SavedTensorParallel { get; init; }
}
