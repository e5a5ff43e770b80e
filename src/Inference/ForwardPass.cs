using Ckpt.Inference.Descriptions;
using Ckpt.Inference.Running;
using Ckpt.Inference.Weights;

namespace Ckpt.Inference;

/// <summary>Computes what a model makes of tokens: float32 throughout, weights read layer by layer, tile by tile.</summary>
public static class ForwardPass
{
    /// <summary>The logits of every token: sequence after sequence, token after token, a row each; of no rows where the pass stops before its end.</summary>
    /// <param name="model">The model.</param>
    /// <param name="weights">Its weights, by the names it was described with.</param>
    /// <param name="tokens">Sequences of token ids, of any lengths above 0.</param>
    /// <param name="options">How it runs.</param>
    /// <exception cref="ArgumentException">A token that the model does not have, or a sequence of none.</exception>
    /// <exception cref="Formats.CheckpointException">A weight that is missing or of another shape.</exception>
    /// <exception cref="Sharding.BudgetException">It would not fit the memory it may take.</exception>
    public static RowMatrix Run(ForwardModel model, IWeightSource weights, IReadOnlyList<int[]> tokens, ForwardOptions options) =>
        new ForwardRunner(model, weights, options).Run(tokens, [.. tokens.Select(sequence => new SequenceState(model.LayerCount, sequence.Length))], keepStates: false);
}
