using System.Buffers;
using Ckpt.Inference.Kernels;

namespace Ckpt.Inference.Running;

/// <summary>The middle of attention: scores, softmax, mix.</summary>
static class ScoredHeads
{
    /// <summary>Adds keys and values to the states and gives what each head mixes for each row.</summary>
    internal static RowMatrix Run(PassContext context, HeadsKind kind, int layer, RowMatrix queries, RowMatrix keys, RowMatrix values)
    {
        var mixed = new RowMatrix(queries.Count, kind.Heads * kind.ValueDim);
        foreach (var sequence in context.Sequences)
        {
            var state = sequence.State.Layers[layer] ??= new LayerState();
            state.Reserve(Math.Max(sequence.Start + sequence.Count, sequence.State.Capacity), keys.Width, values.Width);
            keys.Values.AsSpan(sequence.First * keys.Width, sequence.Count * keys.Width).CopyTo(state.Keys.AsSpan(sequence.Start * keys.Width));
            values.Values.AsSpan(sequence.First * values.Width, sequence.Count * values.Width).CopyTo(state.Values.AsSpan(sequence.Start * values.Width));
        }
        Parallel.For(0, context.Sequences.Count * kind.Heads, context.Parallelism, number =>
        {
            var sequence = context.Sequences[number / kind.Heads];
            Head(kind, number % kind.Heads, sequence, sequence.State.Layers[layer]!, queries, mixed);
        });
        return mixed;
    }

    static void Head(HeadsKind kind, int head, SequenceRows sequence, LayerState state, RowMatrix queries, RowMatrix mixed)
    {
        var group = head / (kind.Heads / kind.Groups);
        var (keyWidth, valueWidth) = (kind.Groups * kind.KeyDim, kind.Groups * kind.ValueDim);
        var buffer = ArrayPool<float>.Shared.Rent(sequence.Start + sequence.Count);
        for (var i = 0; i < sequence.Count; i++)
        {
            var end = sequence.Start + i + 1;
            var begin = kind.First(end - 1);
            var scores = buffer.AsSpan(0, end - begin);
            var query = queries[sequence.First + i].Slice(head * kind.KeyDim, kind.KeyDim);
            for (var at = begin; at < end; at++) { scores[at - begin] = Lanes.Dot(query, state.Keys.AsSpan((at * keyWidth) + (group * kind.KeyDim), kind.KeyDim)) * kind.Scale; }
            if (kind.Cap is { } cap) { SoftMax.Cap(scores, cap); }
            SoftMax.Apply(scores, kind.Sinks?[head]);
            var target = mixed[sequence.First + i].Slice(head * kind.ValueDim, kind.ValueDim);
            for (var at = begin; at < end; at++) { Lanes.AddScaled(target, state.Values.AsSpan((at * valueWidth) + (group * kind.ValueDim), kind.ValueDim), scores[at - begin]); }
        }
        ArrayPool<float>.Shared.Return(buffer);
    }
}
