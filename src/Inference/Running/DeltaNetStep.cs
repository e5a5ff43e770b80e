using System.Numerics.Tensors;
using Ckpt.Inference.Descriptions;
using Ckpt.Inference.Kernels;
using Ckpt.Inference.Weights;

namespace Ckpt.Inference.Running;

/// <summary>A gated delta net: a short convolution, then position by position a memory that decays, is corrected towards the new value, and is read.</summary>
static class DeltaNetStep
{
    const float LengthEpsilon = 1e-6f;

    internal static RowMatrix Run(PassContext context, DeltaNetKind kind, int layer, RowMatrix inputs)
    {
        var mixed = context.Multiply(kind.Mixed, inputs);
        var (inner, gates) = kind.Gate is { } gate ? (mixed, context.Multiply(gate, inputs)) : ByHead(mixed, kind);
        var strengths = context.Multiply(kind.Beta, inputs);
        var (betas, decays) = kind.Decay is { } decay ? (strengths, context.Multiply(decay, inputs)) : StrengthsByHead(strengths, kind);
        Decays(context, kind, decays);
        var outputs = new RowMatrix(inputs.Count, kind.Output.Columns);
        context.Weights.Check(kind.Convolution);
        var taps = new float[kind.ConvWidth * kind.Convolution.Columns];
        context.Weights.ReadRows(kind.Convolution, 0, kind.ConvWidth, taps);
        foreach (var sequence in context.Sequences)
        {
            var state = sequence.State.Layers[layer] ??= new LayerState
            {
                Inputs = new float[kind.ConvWidth * (kind.Convolution.Columns - 1)],
                Memory = new float[(long)kind.ValueHeads * kind.KeyDim * kind.ValueDim],
            };
            Convolve(kind, taps, state, sequence, inner);
            Parallel.For(0, kind.ValueHeads, context.Parallelism, head => Recall(kind, head, state, sequence, inner, betas, decays, outputs));
        }
        Finish(context, kind, outputs, gates);
        return context.Multiply(kind.Output, outputs);
    }

    // By key head: query, key, the values it serves, their output gates.
    static (RowMatrix Inner, RowMatrix Gates) ByHead(RowMatrix mixed, DeltaNetKind kind)
    {
        var served = kind.ValueHeads / kind.KeyHeads * kind.ValueDim;
        var (keys, values) = (kind.KeyHeads * kind.KeyDim, kind.ValueHeads * kind.ValueDim);
        var (inner, gates) = (new RowMatrix(mixed.Count, kind.ConvWidth), new RowMatrix(mixed.Count, values));
        for (var row = 0; row < mixed.Count; row++)
        {
            for (var head = 0; head < kind.KeyHeads; head++)
            {
                var part = mixed[row].Slice(head * ((2 * kind.KeyDim) + (2 * served)), (2 * kind.KeyDim) + (2 * served));
                part[..kind.KeyDim].CopyTo(inner[row][(head * kind.KeyDim)..]);
                part.Slice(kind.KeyDim, kind.KeyDim).CopyTo(inner[row][(keys + (head * kind.KeyDim))..]);
                part.Slice(2 * kind.KeyDim, served).CopyTo(inner[row][((2 * keys) + (head * served))..]);
                part[^served..].CopyTo(gates[row][(head * served)..]);
            }
        }
        return (inner, gates);
    }

    static (RowMatrix Betas, RowMatrix Decays) StrengthsByHead(RowMatrix both, DeltaNetKind kind)
    {
        var served = kind.ValueHeads / kind.KeyHeads;
        var (betas, decays) = (new RowMatrix(both.Count, kind.ValueHeads), new RowMatrix(both.Count, kind.ValueHeads));
        for (var row = 0; row < both.Count; row++)
        {
            for (var head = 0; head < kind.KeyHeads; head++)
            {
                both[row].Slice(head * 2 * served, served).CopyTo(betas[row][(head * served)..]);
                both[row].Slice(((head * 2) + 1) * served, served).CopyTo(decays[row][(head * served)..]);
            }
        }
        return (betas, decays);
    }

    // What the memory is multiplied by before each position.
    static void Decays(PassContext context, DeltaNetKind kind, RowMatrix decays)
    {
        var log = context.Vector(kind.DecayLog, kind.ValueHeads);
        var bias = context.Vector(kind.DecayBias, kind.ValueHeads);
        for (var row = 0; row < decays.Count; row++)
        {
            var values = decays[row];
            for (var head = 0; head < values.Length; head++) { values[head] = MathF.Exp(-MathF.Exp(log[head]) * Activations.SoftPlus(values[head] + bias[head])); }
        }
    }

    static void Convolve(DeltaNetKind kind, float[] taps, LayerState state, SequenceRows sequence, RowMatrix inner)
    {
        var (width, span) = (kind.ConvWidth, kind.Convolution.Columns);
        var seen = new float[(span - 1 + sequence.Count) * width];
        state.Inputs.CopyTo(seen, 0);
        inner.Values.AsSpan(sequence.First * width, sequence.Count * width).CopyTo(seen.AsSpan((span - 1) * width));
        for (var i = 0; i < sequence.Count; i++)
        {
            var row = inner[sequence.First + i];
            for (var channel = 0; channel < width; channel++)
            {
                var sum = 0f;
                for (var tap = 0; tap < span; tap++) { sum += taps[(channel * span) + tap] * seen[((i + tap) * width) + channel]; }
                row[channel] = sum;
            }
            Activations.Silu(row);
        }
        state.Inputs = seen[(sequence.Count * width)..];
    }

    static void Recall(DeltaNetKind kind, int head, LayerState state, SequenceRows sequence, RowMatrix inner, RowMatrix betas, RowMatrix decays, RowMatrix outputs)
    {
        var (keyDim, valueDim) = (kind.KeyDim, kind.ValueDim);
        var keyHead = head / (kind.ValueHeads / kind.KeyHeads);
        var keys = kind.KeyHeads * keyDim;
        var memory = state.Memory.AsSpan(head * keyDim * valueDim, keyDim * valueDim);
        var (query, key, change) = (new float[keyDim], new float[keyDim], new float[valueDim]);
        var scale = 1 / MathF.Sqrt(keyDim);
        for (var row = sequence.First; row < sequence.First + sequence.Count; row++)
        {
            inner[row].Slice(keyHead * keyDim, keyDim).CopyTo(query);
            inner[row].Slice(keys + (keyHead * keyDim), keyDim).CopyTo(key);
            var value = inner[row].Slice((2 * keys) + (head * valueDim), valueDim);
            Norms.Length(query, LengthEpsilon);
            Norms.Length(key, LengthEpsilon);
            Lanes.Scale(query, scale);
            Lanes.Scale(memory, decays[row][head]);
            Array.Clear(change);
            for (var i = 0; i < keyDim; i++) { Lanes.AddScaled(change, memory.Slice(i * valueDim, valueDim), -key[i]); }
            Lanes.AddScaled(change, value, 1);
            Lanes.Scale(change, Activations.Sigmoid(betas[row][head]));
            var output = outputs[row].Slice(head * valueDim, valueDim);
            for (var i = 0; i < keyDim; i++)
            {
                var cell = memory.Slice(i * valueDim, valueDim);
                Lanes.AddScaled(cell, change, key[i]);
                Lanes.AddScaled(output, cell, query[i]);
            }
        }
    }

    // The norm's weights are as stored: only the model's other norms are centred on zero.
    static void Finish(PassContext context, DeltaNetKind kind, RowMatrix outputs, RowMatrix gates)
    {
        Norms.RootMeanSquare(outputs.Values, context.Vector(kind.Norm, kind.ValueDim), context.Model.NormEpsilon);
        context.EachRow(outputs, row =>
        {
            Activations.Silu(gates[row]);
            TensorPrimitives.Multiply(outputs[row], gates[row], outputs[row]);
        });
    }
}
