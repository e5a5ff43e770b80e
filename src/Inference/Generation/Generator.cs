using Ckpt.Inference.Descriptions;
using Ckpt.Inference.Running;
using Ckpt.Inference.Weights;

namespace Ckpt.Inference.Generation;

/// <summary>Continues sequences token by token. What earlier tokens leave to later ones is kept, so that each step reads only the new tokens.</summary>
public static class Generator
{
    /// <summary>The new tokens of each sequence.</summary>
    /// <param name="model">The model.</param>
    /// <param name="weights">Its weights, by the names it was described with.</param>
    /// <param name="prompts">Sequences of token ids, of any lengths above 0.</param>
    /// <param name="options">How tokens are chosen.</param>
    /// <exception cref="Formats.CheckpointException">A weight that is missing or of another shape.</exception>
    /// <exception cref="Sharding.BudgetException">It would not fit the memory it may take; said before the first token.</exception>
    public static IReadOnlyList<int[]> Generate(ForwardModel model, IWeightSource weights, IReadOnlyList<int[]> prompts, GenerationOptions options)
    {
        var forward = options.Forward with { LastLogitsOnly = true, OnHidden = null, StopAfterLayer = null };
        var runner = new ForwardRunner(model, weights, forward);
        var states = prompts.Select(prompt => new SequenceState(model.LayerCount, prompt.Length + options.MaxNewTokens)).ToArray();
        var samplers = prompts.Select((_, index) => new TokenSampler(options, index)).ToArray();
        var made = prompts.Select(static _ => new List<int>()).ToArray();
        var running = Enumerable.Range(0, options.MaxNewTokens > 0 ? prompts.Count : 0).ToList();
        while (running.Count > 0)
        {
            var logits = runner.Run([.. running.Select(index => made[index].Count == 0 ? prompts[index] : [made[index][^1]])], [.. running.Select(index => states[index])], keepStates: true);
            for (var row = 0; row < running.Count; row++)
            {
                var index = running[row];
                var token = samplers[index].Next(logits[row], prompts[index].Concat(made[index]));
                made[index].Add(token);
                options.OnToken?.Invoke(index, token);
            }
            running.RemoveAll(index => made[index].Count == options.MaxNewTokens || options.StopIds.Contains(made[index][^1]));
        }
        return [.. made.Select(static tokens => tokens.ToArray())];
    }
}
