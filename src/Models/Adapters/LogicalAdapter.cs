namespace Ckpt.Models.Adapters;

/// <summary>An adapter as what it does to a model, whatever format it came in: names are Hugging Face's, and experts stand one by one.</summary>
/// <param name="Modules">The low-rank changes; at most one per matrix.</param>
/// <param name="Saved">The tensors it stores whole.</param>
/// <param name="Where">The adapter, for messages.</param>
public sealed record LogicalAdapter(IReadOnlyList<LoraModule> Modules, IReadOnlyList<SavedTensor> Saved, string Where)
{
    /// <summary>Decisions the user should know of.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Dropout in training, for configs that are written.</summary>
    public double Dropout { get; init; }

    /// <summary>The task, by PEFT's name.</summary>
    public string TaskType { get; init; } = "CAUSAL_LM";

    /// <summary>The model it belongs to, where it says so.</summary>
    public string? BaseModel { get; init; }
}
