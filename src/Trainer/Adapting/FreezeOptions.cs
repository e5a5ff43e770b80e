namespace Ckpt.Trainer.Adapting;

/// <summary>What of a model that is trained itself is not trained; as ms-swift's flags of these names.</summary>
public sealed record FreezeOptions
{
    /// <summary>Everything (<c>freeze_llm</c>).</summary>
    public bool IsAll { get; init; }

    /// <summary>Beginnings of names (<c>freeze_parameters</c>).</summary>
    public IReadOnlyList<string> Frozen { get; init; } = [];

    /// <summary>A pattern found in names (<c>freeze_parameters_regex</c>).</summary>
    public string? FrozenPattern { get; init; }

    /// <summary>The first parameters that together have this part of all elements (<c>freeze_parameters_ratio</c>).</summary>
    public double FrozenRatio { get; init; }

    /// <summary>Beginnings of names that are trained after all (<c>trainable_parameters</c>).</summary>
    public IReadOnlyList<string> Trained { get; init; } = [];

    /// <summary>The same by a pattern (<c>trainable_parameters_regex</c>).</summary>
    public string? TrainedPattern { get; init; }
}
