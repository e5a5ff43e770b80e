namespace Ckpt.Formats.Tensors;

/// <summary>A rectangular part of a tensor: per axis a start and a size, in elements. Compared by content.</summary>
public readonly struct Box : IEquatable<Box>
{
    readonly long[]? _offset;
    readonly long[]? _size;

    /// <summary>A box; the arrays are not copied and must not change.</summary>
    /// <exception cref="ArgumentException">The arrays differ in length, or a value is negative.</exception>
    public Box(long[] offset, long[] size)
    {
        if (offset.Length != size.Length) { throw new ArgumentException($"offset has {offset.Length} axes, size has {size.Length}", nameof(offset)); }
        for (var axis = 0; axis < offset.Length; axis++)
        {
            if (offset[axis] < 0 || size[axis] < 0 || offset[axis] > long.MaxValue - size[axis])
            {
                throw new ArgumentException($"axis {axis} starts at {offset[axis]} with size {size[axis]}", nameof(offset));
            }
        }
        _offset = offset;
        _size = size;
    }

    /// <summary>The box that is all of a tensor.</summary>
    public static Box Whole(Shape shape) => new(new long[shape.Rank], shape.ToArray());

    /// <summary>The first index of the box on each axis.</summary>
    public ReadOnlySpan<long> Offset => _offset;

    /// <summary>How many indices the box has on each axis.</summary>
    public ReadOnlySpan<long> Size => _size;

    /// <summary>How many axes there are.</summary>
    public int Rank => _offset?.Length ?? 0;

    /// <summary>The number of elements (1 for a box of no axes).</summary>
    /// <exception cref="OverflowException">The product does not fit 63 bits.</exception>
    public long Volume => new Shape(_size ?? []).Count;

    /// <summary>The box's own shape.</summary>
    public Shape Shape => new(_size ?? []);

    /// <summary>The part both boxes share, if there is one of at least one element.</summary>
    public bool TryIntersect(Box other, out Box common)
    {
        if (Rank != other.Rank) { throw new ArgumentException($"boxes of {Rank} and {other.Rank} axes", nameof(other)); }
        for (var axis = 0; axis < Rank; axis++)
        {
            if (Size[axis] == 0 || other.Size[axis] == 0 || Offset[axis] >= other.Offset[axis] + other.Size[axis] || other.Offset[axis] >= Offset[axis] + Size[axis])
            {
                common = default;
                return false;
            }
        }
        var offset = new long[Rank];
        var size = new long[Rank];
        for (var axis = 0; axis < offset.Length; axis++)
        {
            offset[axis] = Math.Max(Offset[axis], other.Offset[axis]);
            size[axis] = Math.Min(Offset[axis] + Size[axis], other.Offset[axis] + other.Size[axis]) - offset[axis];
        }
        common = new Box(offset, size);
        return true;
    }

    /// <summary>Whether the box lies inside a tensor of this shape.</summary>
    public bool IsInside(Shape shape)
    {
        if (Rank != shape.Rank) { return false; }
        for (var axis = 0; axis < Rank; axis++)
        {
            if (Offset[axis] + Size[axis] > shape[axis]) { return false; }
        }
        return true;
    }

    public bool Equals(Box other) => Offset.SequenceEqual(other.Offset) && Size.SequenceEqual(other.Size);

    public override bool Equals(object? obj) => obj is Box other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(new Shape(_offset ?? []), new Shape(_size ?? []));

    public override string ToString() => $"{Shape.Text(Offset)}+{Shape.Text(Size)}";

    public static bool operator ==(Box left, Box right) => left.Equals(right);

    public static bool operator !=(Box left, Box right) => !left.Equals(right);
}
