using Ckpt.Inference.Running;

namespace Ckpt.Inference.Generation;

/// <summary>A sequence that is being continued.</summary>
sealed class RunningSequence(int index, int[] prompt, SequenceState state, GenerationOptions options)
{
    readonly TokenSampler _sampler = new(options, options.FirstSequence + index);

    internal int Index => index;

    internal SequenceState State => state;

    internal List<int> Made { get; } = [];

    /// <summary>Tokens of the prompt that the state holds already.</summary>
    internal int Known { get; init; }

    internal bool HasEnded { get; private set; }

    /// <summary>What the next pass has to read.</summary>
    internal int[] Pending => Made.Count == 0 ? prompt[Known..] : [Made[^1]];

    /// <summary>Takes the next token.</summary>
    internal void Choose(Span<float> logits, GenerationOptions options)
    {
        var token = _sampler.Next(logits, prompt.Concat(Made));
        Made.Add(token);
        options.OnToken?.Invoke(index, token);
        HasEnded = Made.Count == options.MaxNewTokens || options.StopIds.Contains(token) || options.Ends?.Invoke(index, token) == true;
    }
}
