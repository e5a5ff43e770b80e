namespace Ckpt.Data.Datasets;

/// <summary>A row in the one form that everything behind the readers works on.</summary>
public sealed record DatasetExample
{
    /// <summary>The conversation; of a pre-training row one assistant turn.</summary>
    public required IReadOnlyList<ChatMessage> Messages { get; init; }

    /// <summary>The conversation with the answer that was not chosen, for preferences.</summary>
    public IReadOnlyList<ChatMessage>? Rejected { get; init; }

    /// <summary>Whether the answer is wanted, for KTO.</summary>
    public bool? Label { get; init; }

    /// <summary>Tools that may be called, as JSON.</summary>
    public string? Tools { get; init; }

    /// <summary>By how much the chosen answer is better, where the row says so.</summary>
    public double? Margin { get; init; }

    /// <summary>Whether the row is running text without turns.</summary>
    public bool IsText { get; init; }

    /// <summary>The place the row came from.</summary>
    public required string Where { get; init; }
}
