using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats.Tensors;
using Ckpt.Inference.Descriptions;
using Ckpt.Inference.Kernels;
using Ckpt.Inference.Weights;

namespace Ckpt.Inference.Running;

/// <summary>Runs new tokens of sequences through a model, behind what their states hold. A store, where there is one, keeps weights from pass to pass; whoever gives it disposes it.</summary>
sealed class ForwardRunner(ForwardModel model, IWeightSource weights, ForwardOptions options, PanelStore? store = null)
{
    /// <summary>The logits, a row for each token, or for each sequence where only the last are asked for.</summary>
    internal RowMatrix Run(IReadOnlyList<int[]> tokens, IReadOnlyList<SequenceState> states, bool keepStates)
    {
        var sequences = Rows(tokens, states);
        var rows = sequences.Sum(static sequence => sequence.Count);
        if (rows == 0) { return new RowMatrix(0, model.Vocabulary); }
        var layers = Math.Min(options.StopAfterLayer ?? model.LayerCount, model.LayerCount);
        var isWhole = layers == model.LayerCount;
        var logitRows = !isWhole ? 0 : options.LastLogitsOnly ? sequences.Count : rows;
        var positions = sequences.Sum(static sequence => Panels.Count(Math.Max(sequence.Start + sequence.Count, sequence.State.Capacity)) * (long)Panels.Rows);
        var memory = ForwardMemory.Plan(model, weights, new PassSize(rows, logitRows, sequences.Count, positions, keepStates), options);
        store?.Shrink(memory.KeptBytes);
        using var context = new PassContext(model, weights, store, sequences, options, memory);

        var hidden = Embed(tokens, rows);
        options.OnHidden?.Invoke(0, hidden);
        for (var layer = 0; layer < layers; layer++)
        {
            context.Layer = layer;
            Layer(context, layer, hidden);
            if (!keepStates)
            {
                foreach (var state in states) { state.Layers[layer] = null; }
            }
            if (layer + 1 < layers || !isWhole) { options.OnHidden?.Invoke(layer + 1, hidden); }
        }
        foreach (var sequence in sequences) { sequence.State.Length += sequence.Count; }
        if (!isWhole) { return new RowMatrix(0, model.Vocabulary); }

        context.Layer = -1;
        context.Normalise(model.FinalNorm, hidden);
        options.OnHidden?.Invoke(layers, hidden);
        return Logits(context, options.LastLogitsOnly ? Last(sequences, hidden) : hidden);
    }

    List<SequenceRows> Rows(IReadOnlyList<int[]> tokens, IReadOnlyList<SequenceState> states)
    {
        var sequences = new List<SequenceRows>();
        var first = 0;
        for (var i = 0; i < tokens.Count; i++)
        {
            if (tokens[i].Length == 0) { Throw.NoTokens(i); }
            foreach (var token in tokens[i])
            {
                if (token < 0 || token >= model.Vocabulary) { Throw.NoSuchToken(token, model.Vocabulary); }
            }
            sequences.Add(new SequenceRows(first, tokens[i].Length, states[i].Length, states[i]));
            first += tokens[i].Length;
        }
        return sequences;
    }

    RowMatrix Embed(IReadOnlyList<int[]> tokens, int rows)
    {
        weights.Check(model.Embedding);
        var hidden = new RowMatrix(rows, model.Hidden);
        var row = 0;
        foreach (var token in tokens.SelectMany(static sequence => sequence)) { weights.Read(model.Embedding.Name, new Box([token, 0], [1, model.Hidden]), hidden[row++]); }
        if (model.EmbeddingScale != 1) { Lanes.Scale(hidden.Values, model.EmbeddingScale); }
        return hidden;
    }

    void Layer(PassContext context, int index, RowMatrix hidden)
    {
        var layer = model.Layers[index];
        var mixed = context.Normalised(layer.AttentionNorm, hidden);
        mixed = layer switch
        {
            { Attention: { } attention } => AttentionStep.Run(context, attention, index, mixed),
            { Latent: { } latent } => LatentStep.Run(context, latent, index, mixed),
            _ => DeltaNetStep.Run(context, layer.DeltaNet!, index, mixed),
        };
        Add(context, layer.AfterAttention, mixed, hidden);
        var fed = context.Normalised(layer.MlpNorm, hidden);
        fed = layer.Mlp is { } mlp ? FeedForwardStep.Run(context, mlp, fed) : ExpertsStep.Run(context, layer.Experts!, fed);
        Add(context, layer.AfterMlp, fed, hidden);
    }

    void Add(PassContext context, string? norm, RowMatrix change, RowMatrix hidden)
    {
        if (norm is not null) { context.Normalise(norm, change); }
        Lanes.AddScaled(hidden.Values, change.Values, model.ResidualScale);
    }

    static RowMatrix Last(List<SequenceRows> sequences, RowMatrix hidden)
    {
        var last = new RowMatrix(sequences.Count, hidden.Width);
        for (var i = 0; i < sequences.Count; i++) { hidden[sequences[i].First + sequences[i].Count - 1].CopyTo(last[i]); }
        return last;
    }

    RowMatrix Logits(PassContext context, RowMatrix hidden)
    {
        var logits = context.Multiply(model.Output, hidden);
        if (model.LogitScale != 1) { Lanes.Scale(logits.Values, model.LogitScale); }
        if (model.LogitCap is { } cap) { SoftMax.Cap(logits.Values, cap); }
        return logits;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void NoTokens(int sequence) => throw new ArgumentException($"sequence {sequence} has no tokens");

        [DoesNotReturn]
        internal static void NoSuchToken(int token, int vocabulary) => throw new ArgumentException($"token {token} is not one of the {vocabulary} that the model has");
    }
}
