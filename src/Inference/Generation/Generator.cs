using Ckpt.Inference.Descriptions;
using Ckpt.Inference.Weights;

namespace Ckpt.Inference.Generation;

/// <summary>Continues sequences token by token. What earlier tokens leave to later ones is kept, so that each step reads only the new tokens.</summary>
public static class Generator
{
    /// <summary>The new tokens of each sequence; as a session of its own, for one call.</summary>
    /// <param name="model">The model.</param>
    /// <param name="weights">Its weights, by the names it was described with.</param>
    /// <param name="prompts">Sequences of token ids, of any lengths above 0.</param>
    /// <param name="options">How tokens are chosen.</param>
    /// <exception cref="Formats.CheckpointException">A weight that is missing or of another shape.</exception>
    /// <exception cref="Sharding.BudgetException">It would not fit the memory it may take; said before the first token.</exception>
    public static IReadOnlyList<int[]> Generate(ForwardModel model, IWeightSource weights, IReadOnlyList<int[]> prompts, GenerationOptions options)
    {
        using var session = new GenerationSession(model, weights, options.Forward);
        return session.Generate(prompts, options);
    }
}
