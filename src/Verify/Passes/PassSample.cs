namespace Ckpt.Verify.Passes;

/// <summary>Tokens that models are given.</summary>
/// <param name="Tokens">Their ids.</param>
/// <param name="Trained">For each, whether it is one that the model is trained to say; null where nothing says.</param>
public sealed record PassSample(int[] Tokens, bool[]? Trained)
{
    /// <summary>Tokens of a model without a tokenizer: the same for the same vocabulary, spread over all of it.</summary>
    public static PassSample Spread(int vocabulary, int count = 32)
    {
        var tokens = new int[count];
        for (var i = 0; i < count; i++) { tokens[i] = (int)((uint)(i + 1) * 2_654_435_761L % vocabulary); }
        return new PassSample(tokens, null);
    }

    /// <summary>Whether the logits of a token say a next one that is trained on; as other tools roll the labels, the last token's next is the first.</summary>
    internal bool HasLoss(int token) => Trained is not null && Trained[(token + 1) % Trained.Length];
}
