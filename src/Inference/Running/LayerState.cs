using Ckpt.Inference.Kernels;

namespace Ckpt.Inference.Running;

/// <summary>One layer's state of a sequence.</summary>
sealed class LayerState
{
    /// <summary>Keys: for each 32 positions and each group a panel whose rows are positions and whose steps are elements; grows.</summary>
    internal float[] Keys { get; private set; } = [];

    /// <summary>Values: for each 32 positions, each group and each 32 elements a panel whose rows are elements and whose steps are positions; grows.</summary>
    internal float[] Values { get; private set; } = [];

    /// <summary>A delta net's inputs of the positions that its convolution still sees, oldest first.</summary>
    internal float[] Inputs { get; set; } = [];

    /// <summary>A delta net's memory: for each value head a matrix from keys to values.</summary>
    internal float[] Memory { get; set; } = [];

    /// <summary>Adds the keys and values of a sequence's new rows.</summary>
    internal unsafe void Append(HeadsKind kind, SequenceRows sequence, RowMatrix keys, RowMatrix values)
    {
        Reserve(kind, Math.Max(sequence.Start + sequence.Count, sequence.State.Capacity));
        fixed (float* to = Keys, from = keys.Values)
        {
            for (var row = 0; row < sequence.Count;)
            {
                var position = sequence.Start + row;
                var (panel, place) = Math.DivRem(position, Panels.Rows);
                var count = Math.Min(Panels.Rows - place, sequence.Count - row);
                for (var group = 0; group < kind.Groups; group++)
                {
                    Panels.Put(
                        from + ((nint)(sequence.First + row) * keys.Width) + (group * kind.KeyDim), keys.Width, place, count, kind.KeyDim, false,
                        (byte*)(to + ((((nint)panel * kind.Groups) + group) * kind.KeyDim * Panels.Rows)));
                    for (var i = 0; i < count; i++) { PutValue(kind, position + i, group, values[sequence.First + row + i].Slice(group * kind.ValueDim, kind.ValueDim)); }
                }
                row += count;
            }
        }
    }

    void PutValue(HeadsKind kind, int position, int group, ReadOnlySpan<float> value)
    {
        var (panel, step) = Math.DivRem(position, Panels.Rows);
        for (var part = 0; part < kind.ValuePanels; part++)
        {
            var elements = value.Slice(part * Panels.Rows, Math.Min(Panels.Rows, value.Length - (part * Panels.Rows)));
            elements.CopyTo(Values.AsSpan((int)(((((((long)panel * kind.Groups) + group) * kind.ValuePanels) + part) * Panels.Rows) + step) * Panels.Rows));
        }
    }

    void Reserve(HeadsKind kind, int positions)
    {
        var panels = (positions + Panels.Rows - 1) / Panels.Rows;
        Keys = Grown(Keys, (long)panels * kind.Groups * kind.KeyDim * Panels.Rows);
        Values = Grown(Values, (long)panels * kind.Groups * kind.ValuePanels * Panels.Rows * Panels.Rows);
    }

    static float[] Grown(float[] from, long size)
    {
        if (from.Length >= size) { return from; }
        var to = new float[size];
        from.CopyTo(to, 0);
        return to;
    }
}
