namespace Ckpt.Inference.Generation;

/// <summary>How tokens are chosen, and when a sequence ends.</summary>
public sealed record GenerationOptions
{
    /// <summary>Tokens a sequence gets at most.</summary>
    public int MaxNewTokens { get; init; } = 32;

    /// <summary>What logits are divided by before a token is drawn; 0: the best token is taken.</summary>
    public float Temperature { get; init; }

    /// <summary>Tokens that may be drawn at most; 0: all.</summary>
    public int TopK { get; init; }

    /// <summary>Only the likeliest tokens that together reach this probability may be drawn.</summary>
    public float TopP { get; init; } = 1;

    /// <summary>What logits of tokens that the sequence already has are divided by, multiplied where they are negative.</summary>
    public float RepetitionPenalty { get; init; } = 1;

    /// <summary>Decides what is drawn: the same seed, the same tokens.</summary>
    public int Seed { get; init; }

    /// <summary>Tokens that end a sequence; they are its last.</summary>
    public IReadOnlyCollection<int> StopIds { get; init; } = [];

    /// <summary>Called with the sequence's index and each new token, as it comes.</summary>
    public Action<int, int>? OnToken { get; init; }

    /// <summary>Called with the sequence's index and each new token, behind <see cref="OnToken"/>; true ends the sequence.</summary>
    public Func<int, int, bool>? Ends { get; init; }

    /// <summary>Called with the index and all new tokens of a sequence that has ended.</summary>
    public Action<int, int[]>? OnFinished { get; init; }

    /// <summary>Sequences computed together at most.</summary>
    public int MaxBatch { get; init; } = int.MaxValue;

    /// <summary>The first sequence's place among all that are drawn for with one seed.</summary>
    public int FirstSequence { get; init; }

    /// <summary>Ends the work between two tokens.</summary>
    public CancellationToken Cancel { get; init; }

    /// <summary>Memory and threads of a session for one call; what it asks of logits and hidden states does not count here.</summary>
    public ForwardOptions Forward { get; init; } = new();
}
