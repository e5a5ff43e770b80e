namespace Ckpt.Inference;

/// <summary>How a forward pass runs, and what of it is wanted.</summary>
public sealed record ForwardOptions
{
    /// <summary>Called with the hidden states before the first layer (0), behind each layer (its index and one), and for the last behind the final norm, as transformers gives them; valid during the call.</summary>
    public Action<int, RowMatrix>? OnHidden { get; init; }

    /// <summary>
    /// Called with what goes into and what comes out of every product with a weight, and what comes out of every norm, in the order they are computed;
    /// rows are valid during the call.
    /// </summary>
    public Action<ForwardPoint, RowMatrix>? OnPoint { get; init; }

    /// <summary>Layers to run; null: all. A pass that stops earlier has no logits, and its last hidden states are not normalised.</summary>
    public int? StopAfterLayer { get; init; }

    /// <summary>Logits of the last token of each sequence only.</summary>
    public bool LastLogitsOnly { get; init; }

    /// <summary>Bytes that activations, logits and weights in memory may take at most.</summary>
    public long MaxMemory { get; init; } = 1L << 30;

    /// <summary>Threads that multiply.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;
}
