using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Boxes;
using Ckpt.Sharding.Elements;

namespace Ckpt.Models.Adapters;

/// <summary>A matrix of an adapter, and where its rows lie: parts of one stored tensor, one below the other.</summary>
/// <param name="Reader">The adapter's checkpoint.</param>
/// <param name="Tensor">The stored tensor.</param>
/// <param name="Parts">Per part one run per axis of the tensor; all but the last two have one index.</param>
public sealed record FactorSource(ICheckpointReader Reader, TensorInfo Tensor, IReadOnlyList<AxisRun[]> Parts)
{
    /// <summary>All of a tensor of two axes, or of one as a single row.</summary>
    public static FactorSource Whole(ICheckpointReader reader, TensorInfo tensor) =>
        new(reader, tensor, [[.. tensor.Shape.ToArray().Select(static size => new AxisRun(0, 1, size))]]);

    /// <summary>Rows.</summary>
    public long Rows => Parts.Sum(static part => part.Length == 1 ? 1 : part[^2].Count);

    /// <summary>Columns, the same in every part.</summary>
    public long Columns => Parts[0][^1].Count;

    /// <summary>The elements, row-major; what is stored in double precision is rounded.</summary>
    public float[] Read()
    {
        var values = new float[checked(Rows * Columns)];
        var singles = new TensorSingles(Reader, Tensor);
        var at = 0;
        foreach (var part in Parts)
        {
            var count = (int)((part.Length == 1 ? 1 : part[^2].Count) * Columns);
            ReadPart(singles, part, values.AsSpan(at, count));
            at += count;
        }
        return values;
    }

    static void ReadPart(TensorSingles singles, AxisRun[] part, Span<float> target)
    {
        var hull = new Box([.. part.Select(static run => run.Start)], [.. part.Select(static run => ((run.Count - 1) * run.Step) + 1)]);
        if (part.All(static run => run.Step == 1)) { singles.Read(hull, target); return; }
        // Row by row, so that no more than one row's hull is held.
        var columns = part[^1];
        var row = new float[hull.Size[^1]];
        var rows = part.Length == 1 ? AxisRun.One(0) : part[^2];
        for (var i = 0; i < rows.Count; i++)
        {
            var (offset, size) = (hull.Offset.ToArray(), hull.Size.ToArray());
            if (part.Length > 1) { (offset[^2], size[^2]) = (rows[i], 1); }
            singles.Read(new Box(offset, size), row);
            for (var j = 0; j < columns.Count; j++) { target[(int)((i * columns.Count) + j)] = row[j * columns.Step]; }
        }
    }
}
