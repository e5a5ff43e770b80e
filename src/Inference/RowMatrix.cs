namespace Ckpt.Inference;

/// <summary>Rows of float32 values, one after the other in memory.</summary>
public sealed class RowMatrix
{
    /// <summary>Rows of zeros.</summary>
    public RowMatrix(int count, int width)
    {
        (Count, Width) = (count, width);
        Values = new float[checked((long)count * width)];
    }

    RowMatrix(int count, int width, float[] values) => (Count, Width, Values) = (count, width, values);

    /// <summary>Rows of whatever was in memory, for those who write all of them.</summary>
    internal static RowMatrix Unfilled(int count, int width) => new(count, width, GC.AllocateUninitializedArray<float>(checked(count * width)));

    /// <summary>Rows.</summary>
    public int Count { get; }

    /// <summary>Values of a row.</summary>
    public int Width { get; }

    /// <summary>All values, row by row.</summary>
    public float[] Values { get; }

    /// <summary>One row.</summary>
    public Span<float> this[int row] => Values.AsSpan(checked(row * Width), Width);
}
