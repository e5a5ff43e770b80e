namespace Ckpt.Trainer.Modeling.Kernels;

/// <summary>Which row of its input each row of an output is, and the other way round.</summary>
sealed unsafe class RowGather
{
    readonly int[] _source;
    readonly int[] _first;
    readonly int[] _targets;

    /// <param name="source">For each output row the input row.</param>
    /// <param name="inputs">Input rows.</param>
    internal RowGather(int[] source, int inputs)
    {
        _source = source;
        _first = new int[inputs + 1];
        foreach (var row in source) { _first[row + 1]++; }
        for (var i = 0; i < inputs; i++) { _first[i + 1] += _first[i]; }
        var next = _first.AsSpan(0, inputs).ToArray();
        _targets = new int[source.Length];
        for (var i = 0; i < source.Length; i++) { _targets[next[source[i]]++] = i; }
    }

    internal int Inputs => _first.Length - 1;

    internal int Outputs => _source.Length;

    /// <summary>Copies rows of so many bytes.</summary>
    internal void Gather(nint input, nint output, long bytes) => KernelRows.Run(Outputs, bytes / 4, (from, end, _) =>
    {
        for (var row = from; row < end; row++) { Buffer.MemoryCopy((byte*)input + (_source[row] * bytes), (byte*)output + (row * bytes), bytes, bytes); }
    });

    /// <summary>Adds output rows up, each to the input row it came from.</summary>
    internal void Add<T>(nint outputs, nint inputs, int width) where T : unmanaged, IElement<T> => KernelRows.Run(Inputs, (long)width * Math.Max(1, Outputs / Math.Max(1, Inputs)), (from, end, _) =>
    {
        var (sum, buffer) = (new float[width], new float[width]);
        for (var row = from; row < end; row++)
        {
            Array.Clear(sum);
            for (var i = _first[row]; i < _first[row + 1]; i++) { WeightedRows.AddScaled(sum, KernelRows.Read((T*)outputs + ((long)_targets[i] * width), width, buffer), 1); }
            T.Narrow(sum, new Span<T>((T*)inputs + (row * width), width));
        }
    });
}
