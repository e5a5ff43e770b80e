using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;

namespace Ckpt.Inference.Weights;

/// <summary>Reads matrices and vectors of a weight source, each checked to have the shape that the model's config gives it.</summary>
static class WeightReading
{
    /// <summary>The tensor's shape, where it is there and has so many elements at least as the matrix needs.</summary>
    /// <exception cref="MalformedCheckpointException">INF-1.1, INF-1.2: it is missing, or of another shape.</exception>
    internal static void Check(this IWeightSource weights, WeightMatrix matrix)
    {
        var shape = weights.Need(matrix.Name);
        var lead = matrix.Expert is null ? 0 : 1;
        // A convolution's kernel has an axis of one between channels and positions.
        var flat = shape.Rank == lead + 3 && shape[lead + 1] == 1 ? new Shape(shape[0], shape[2]) : shape;
        var (outputs, inputs) = matrix.IsTransposed ? (lead + 1, lead) : (lead, lead + 1);
        if (flat.Rank != lead + 2 || flat[inputs] != matrix.Columns || flat[outputs] < matrix.FirstRow + ((long)(matrix.Rows - 1) * matrix.RowStep) + 1 || (matrix.Expert is { } expert && expert >= flat[0]))
        {
            Throw.Shape(weights, matrix.Name, shape, $"{matrix.FirstRow + ((long)(matrix.Rows - 1) * matrix.RowStep) + 1} outputs of {matrix.Columns} inputs");
        }
    }

    /// <summary>Fills <paramref name="target"/> with rows of a matrix, one after the other.</summary>
    internal static void ReadRows(this IWeightSource weights, WeightMatrix matrix, int first, int count, Span<float> target)
    {
        var start = matrix.FirstRow + (first * matrix.RowStep);
        var span = ((count - 1) * matrix.RowStep) + 1;
        if (!matrix.IsTransposed && matrix.RowStep == 1)
        {
            weights.Read(matrix.Name, Region(matrix, start, count, matrix.FirstColumn, matrix.Columns), target);
            return;
        }
        var buffer = ArrayPool<float>.Shared.Rent(Math.Max(1, span * Math.Min(matrix.Columns, StripInputs)));
        if (matrix.IsTransposed)
        {
            for (var column = 0; column < matrix.Columns; column += StripInputs)
            {
                var inputs = Math.Min(StripInputs, matrix.Columns - column);
                weights.Read(matrix.Name, Region(matrix, start, span, matrix.FirstColumn + column, inputs), buffer.AsSpan(0, span * inputs));
                for (var row = 0; row < count; row++)
                {
                    var to = target.Slice((row * matrix.Columns) + column, inputs);
                    for (var i = 0; i < to.Length; i++) { to[i] = buffer[(i * span) + (row * matrix.RowStep)]; }
                }
            }
        }
        else
        {
            for (var row = 0; row < count; row++) { weights.Read(matrix.Name, Region(matrix, start + (row * matrix.RowStep), 1, matrix.FirstColumn, matrix.Columns), target.Slice(row * matrix.Columns, matrix.Columns)); }
        }
        ArrayPool<float>.Shared.Return(buffer);
    }

    /// <summary>A matrix' bias; null where it has none.</summary>
    internal static float[]? ReadBias(this IWeightSource weights, WeightMatrix matrix)
    {
        if (matrix.Bias is null) { return null; }
        var shape = weights.Need(matrix.Bias);
        var lead = matrix.Expert is null ? 0 : 1;
        var span = ((matrix.Rows - 1) * matrix.RowStep) + 1;
        if (shape.Rank != lead + 1 || shape[lead] < matrix.FirstRow + span || (matrix.Expert is { } at && at >= shape[0])) { Throw.Shape(weights, matrix.Bias, shape, $"{matrix.Rows} outputs"); }
        var all = new float[span];
        var region = matrix.Expert is { } expert ? new Box([expert, matrix.FirstRow], [1, span]) : new Box([matrix.FirstRow], [span]);
        weights.Read(matrix.Bias, region, all);
        return matrix.RowStep == 1 ? all : [.. Enumerable.Range(0, matrix.Rows).Select(row => all[row * matrix.RowStep])];
    }

    /// <summary>A whole tensor of so many elements; axes of one do not count.</summary>
    internal static float[] ReadVector(this IWeightSource weights, string name, int count)
    {
        var shape = weights.Need(name);
        if (shape.Count != count) { Throw.Shape(weights, name, shape, $"{count} elements"); }
        var values = new float[count];
        weights.Read(name, Box.Whole(shape), values);
        return values;
    }

    /// <summary>Whether there is a weight of that name.</summary>
    internal static bool Has(this IWeightSource weights, string name) => weights.ShapeOf(name) is not null;

    /// <summary>The first of these names that is there; the first of all where none is.</summary>
    internal static string FirstOf(this IWeightSource weights, params IReadOnlyList<string> names) => names.FirstOrDefault(weights.Has) ?? names[0];

    static Shape Need(this IWeightSource weights, string name) => weights.ShapeOf(name) ?? Throw.Missing(weights, name);

    // Inputs that are turned around at once: a strip of a tile stays in a core's cache.
    const int StripInputs = 256;

    static Box Region(WeightMatrix matrix, long firstOutput, long outputs, long firstInput, long inputs) => (matrix.Expert, matrix.IsTransposed) switch
    {
        (null, false) => new Box([firstOutput, firstInput], [outputs, inputs]),
        (null, true) => new Box([firstInput, firstOutput], [inputs, outputs]),
        ({ } expert, false) => new Box([expert, firstOutput, firstInput], [1, outputs, inputs]),
        ({ } expert, true) => new Box([expert, firstInput, firstOutput], [1, inputs, outputs]),
    };

    static class Throw
    {
        [DoesNotReturn]
        internal static Shape Missing(IWeightSource weights, string name) => throw new MalformedCheckpointException(
            "INF-1.1", weights.Where, $"there is no tensor {name}, which the model's config asks for");

        [DoesNotReturn]
        internal static void Shape(IWeightSource weights, string name, Shape found, string needed) => throw new MalformedCheckpointException(
            "INF-1.2", weights.Where, $"{name} has shape {found}; the model's config asks for {needed}");
    }
}
