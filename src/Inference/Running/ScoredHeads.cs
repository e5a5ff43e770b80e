using System.Buffers;
using System.Numerics.Tensors;
using Ckpt.Inference.Kernels;

namespace Ckpt.Inference.Running;

/// <summary>
/// The middle of attention: scores, softmax, mix. Keys lie in panels of 32 positions and values in panels of 32 elements, so that both are products
/// of the same kernel as weights: scores of eight queries with 32 positions at once, then what 32 positions add to 32 elements.
/// </summary>
static unsafe class ScoredHeads
{
    const int Queries = 8;

    // Fewer multiplications than this are done sooner by one thread than told to several.
    const long WorthThreads = 1 << 18;

    /// <summary>Adds keys and values to the states and gives what each head mixes for each row.</summary>
    internal static RowMatrix Run(PassContext context, HeadsKind kind, int layer, RowMatrix queries, RowMatrix keys, RowMatrix values)
    {
        var mixed = RowMatrix.Unfilled(queries.Count, kind.Heads * kind.ValueDim);
        var work = 0L;
        foreach (var sequence in context.Sequences)
        {
            var state = sequence.State.Layers[layer] ??= new LayerState();
            state.Append(kind, sequence, keys, values);
            work += (long)sequence.Count * (sequence.Start + sequence.Count) * kind.Heads * (kind.KeyDim + kind.ValueDim);
        }
        var parts = context.Sequences.Count * kind.Heads;
        if (work < WorthThreads)
        {
            for (var part = 0; part < parts; part++) { Part(part); }
        }
        else { Parallel.For(0, parts, context.Parallelism, Part); }
        return mixed;

        void Part(int number)
        {
            var sequence = context.Sequences[number / kind.Heads];
            Head(kind, number % kind.Heads, sequence, sequence.State.Layers[layer]!, queries, mixed);
        }
    }

    static void Head(HeadsKind kind, int head, SequenceRows sequence, LayerState state, RowMatrix queries, RowMatrix mixed)
    {
        var length = (sequence.Start + sequence.Count + Panels.Rows - 1) / Panels.Rows * Panels.Rows;
        // Scores row by row, then the same position by position; a query or a mix side by side; sums.
        var room = ArrayPool<float>.Shared.Rent((2 * Queries * length) + (Queries * (Math.Max(kind.KeyDim, kind.ValuePanels * Panels.Rows) + Panels.Rows)));
        fixed (float* scores = room, keys = state.Keys, values = state.Values, asked = queries.Values, given = mixed.Values)
        {
            for (var first = 0; first < sequence.Count; first += Queries)
            {
                var count = Math.Min(Queries, sequence.Count - first);
                var heads = new HeadBlock(kind, head, sequence.Start + first, count, length, scores);
                var row = sequence.First + first;
                heads.Score(keys, asked + ((nint)row * queries.Width) + (head * kind.KeyDim), queries.Width);
                heads.Mix(values, given + ((nint)row * mixed.Width) + (head * kind.ValueDim), mixed.Width);
            }
        }
        ArrayPool<float>.Shared.Return(room);
    }

    /// <summary>Up to eight queries of a head, one position after the other.</summary>
    readonly ref struct HeadBlock(HeadsKind kind, int head, int position, int count, int length, float* room)
    {
        readonly float* _scores = room;
        readonly float* _turned = room + (Queries * length);
        readonly float* _side = room + (2 * Queries * length);
        readonly int _group = head / (kind.Heads / kind.Groups);

        int FirstPanel => kind.First(position) / Panels.Rows;

        int EndPanel => (position + count + Panels.Rows - 1) / Panels.Rows;

        internal void Score(float* keys, float* queries, int width)
        {
            var sums = _side + (Queries * kind.KeyDim);
            var isWhole = count == Queries;
            if (isWhole) { Turn(queries, width, kind.KeyDim, _side); }
            for (var panel = FirstPanel; panel < EndPanel; panel++)
            {
                var weights = (byte*)(keys + ((((nint)panel * kind.Groups) + _group) * kind.KeyDim * Panels.Rows));
                new Span<float>(sums, count * Panels.Rows).Clear();
                if (isWhole) { Panels.Eight(weights, _side, kind.KeyDim, sums); }
                else
                {
                    for (var query = 0; query < count; query++) { Panels.One(weights, queries + ((nint)query * width), kind.KeyDim, sums + (query * Panels.Rows)); }
                }
                for (var query = 0; query < count; query++) { new Span<float>(sums + (query * Panels.Rows), Panels.Rows).CopyTo(new Span<float>(_scores + ((nint)query * length) + (panel * Panels.Rows), Panels.Rows)); }
            }
            for (var query = 0; query < count; query++) { Share(query); }
        }

        // Positions a query does not see get nothing.
        void Share(int query)
        {
            var all = new Span<float>(_scores + ((nint)query * length), EndPanel * Panels.Rows);
            var (first, end) = (kind.First(position + query), position + query + 1);
            var seen = all[first..end];
            TensorPrimitives.Multiply(seen, kind.Scale, seen);
            if (kind.Cap is { } cap) { SoftMax.Cap(seen, cap); }
            SoftMax.Apply(seen, kind.Sinks?[head]);
            all[(FirstPanel * Panels.Rows)..first].Clear();
            all[end..].Clear();
        }

        internal void Mix(float* values, float* outputs, int width)
        {
            var isWhole = count == Queries;
            var (first, steps) = (FirstPanel * Panels.Rows, (EndPanel - FirstPanel) * Panels.Rows);
            if (isWhole) { Turn(_scores + first, length, steps, _turned); }
            new Span<float>(_side, Queries * kind.ValuePanels * Panels.Rows).Clear();
            for (var panel = FirstPanel; panel < EndPanel; panel++)
            {
                for (var part = 0; part < kind.ValuePanels; part++)
                {
                    var weights = (byte*)(values + ((((((nint)panel * kind.Groups) + _group) * kind.ValuePanels) + part) * Panels.Rows * Panels.Rows));
                    var sums = _side + (part * Queries * Panels.Rows);
                    if (isWhole) { Panels.Eight(weights, _turned + ((panel - FirstPanel) * Panels.Rows * Queries), Panels.Rows, sums); }
                    else
                    {
                        for (var query = 0; query < count; query++) { Panels.One(weights, _scores + ((nint)query * length) + (panel * Panels.Rows), Panels.Rows, sums + (query * Panels.Rows)); }
                    }
                }
            }
            for (var query = 0; query < count; query++)
            {
                for (var part = 0; part < kind.ValuePanels; part++)
                {
                    var some = Math.Min(Panels.Rows, kind.ValueDim - (part * Panels.Rows));
                    new Span<float>(_side + (((part * Queries) + query) * Panels.Rows), some).CopyTo(new Span<float>(outputs + ((nint)query * width) + (part * Panels.Rows), some));
                }
            }
        }

        // Eight rows side by side, step by step.
        static void Turn(float* rows, int width, int steps, float* to)
        {
            for (var row = 0; row < Queries; row++)
            {
                var from = rows + ((nint)row * width);
                for (var step = 0; step < steps; step++) { to[(step * Queries) + row] = from[step]; }
            }
        }
    }
}
