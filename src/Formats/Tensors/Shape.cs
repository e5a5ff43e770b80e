using System.Globalization;

namespace Ckpt.Formats.Tensors;

/// <summary>The sizes of a tensor's axes, outermost first; row-major. A scalar has no axes. Compared by content.</summary>
public readonly struct Shape : IEquatable<Shape>
{
    readonly long[]? _dims;

    /// <summary>A shape of these axis sizes; the array is not copied and must not change.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An axis size is negative.</exception>
    public Shape(params long[] dims)
    {
        foreach (var dim in dims) { ArgumentOutOfRangeException.ThrowIfNegative(dim, nameof(dims)); }
        _dims = dims;
    }

    /// <summary>The axis sizes.</summary>
    public ReadOnlySpan<long> Dims => _dims;

    /// <summary>How many axes there are.</summary>
    public int Rank => _dims?.Length ?? 0;

    /// <summary>The size of one axis.</summary>
    public long this[int axis] => _dims![axis];

    /// <summary>The number of elements (1 for a scalar; 0 where any axis is 0, however large the others).</summary>
    /// <exception cref="OverflowException">The product does not fit 63 bits.</exception>
    public long Count
    {
        get
        {
            if (Dims.Contains(0)) { return 0; }
            var count = 1L;
            foreach (var dim in Dims) { count = checked(count * dim); }
            return count;
        }
    }

    /// <summary>Row-major strides in elements; the innermost is 1. Where the shape has no elements they reach nothing, and may wrap.</summary>
    public long[] RowMajorStrides()
    {
        var strides = new long[Rank];
        var empty = Dims.Contains(0);
        var step = 1L;
        for (var axis = Rank - 1; axis >= 0; axis--)
        {
            strides[axis] = step;
            var dim = Math.Max(1, this[axis]);
            step = empty ? unchecked(step * dim) : checked(step * dim);
        }
        return strides;
    }

    /// <summary>A copy of the axis sizes.</summary>
    public long[] ToArray() => Dims.ToArray();

    public bool Equals(Shape other) => Dims.SequenceEqual(other.Dims);

    public override bool Equals(object? obj) => obj is Shape other && Equals(other);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var dim in Dims) { hash.Add(dim); }
        return hash.ToHashCode();
    }

    public override string ToString() => Text(Dims);

    public static bool operator ==(Shape left, Shape right) => left.Equals(right);

    public static bool operator !=(Shape left, Shape right) => !left.Equals(right);

    internal static string Text(ReadOnlySpan<long> values)
    {
        var parts = new string[values.Length];
        for (var i = 0; i < parts.Length; i++) { parts[i] = values[i].ToString(CultureInfo.InvariantCulture); }
        return $"[{string.Join(", ", parts)}]";
    }
}
