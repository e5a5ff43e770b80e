namespace Ckpt.Inference.Running;

/// <summary>One layer's state of a sequence.</summary>
sealed class LayerState
{
    /// <summary>Keys, position by position; grows.</summary>
    internal float[] Keys { get; private set; } = [];

    /// <summary>Values, position by position; grows.</summary>
    internal float[] Values { get; private set; } = [];

    /// <summary>A delta net's inputs of the positions that its convolution still sees, oldest first.</summary>
    internal float[] Inputs { get; set; } = [];

    /// <summary>A delta net's memory: for each value head a matrix from keys to values.</summary>
    internal float[] Memory { get; set; } = [];

    /// <summary>Makes room for so many positions.</summary>
    internal void Reserve(int positions, int keyWidth, int valueWidth)
    {
        if (Keys.Length < (long)positions * keyWidth) { Keys = Grown(Keys, positions, keyWidth); }
        if (Values.Length < (long)positions * valueWidth) { Values = Grown(Values, positions, valueWidth); }
    }

    static float[] Grown(float[] from, int positions, int width)
    {
        var to = new float[checked((long)positions * width)];
        from.CopyTo(to, 0);
        return to;
    }
}
