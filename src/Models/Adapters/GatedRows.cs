using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Boxes;

namespace Ckpt.Models.Adapters;

/// <summary>
/// ADP-3.3: Megatron saves <c>linear_fc1.lora_B</c> as each tensor parallel rank holds it, the rank's gate rows and then its up rows, rank after rank;
/// the weight beside it lies gate rows first whatever the split. This says which stored row is which row of the weight.
/// </summary>
/// <param name="Rows">Rows of the weight.</param>
/// <param name="Ranks">The tensor parallel size.</param>
readonly record struct GatedRows(long Rows, int Ranks)
{
    const string Gated = "linear_fc1.weight";

    /// <summary>Whether a weight's B is saved so.</summary>
    internal static bool Is(string weight) => weight.EndsWith("." + Gated, StringComparison.Ordinal);

    /// <summary>As it lies in a file of this many ranks; a weight that is not gated lies as it is.</summary>
    /// <exception cref="LayoutException">The halves cannot be split evenly.</exception>
    internal static GatedRows Of(string weight, long rows, int ranks)
    {
        if (!Is(weight)) { return new GatedRows(rows, 1); }
        if (rows % (2L * ranks) != 0) { Throw.Uneven(weight, rows, ranks); }
        return new GatedRows(rows, ranks);
    }

    /// <summary>The stored row of a row of the weight.</summary>
    internal long Stored(long row)
    {
        if (Ranks == 1) { return row; }
        var (half, share) = (Rows / 2, Rows / 2 / Ranks);
        var (part, offset) = Math.DivRem(row, half);
        var (rank, within) = Math.DivRem(offset, share);
        return (rank * 2 * share) + (part * share) + within;
    }

    /// <summary>Places of a run of the weight's rows, and the stored rows they are, in order of the run.</summary>
    internal IEnumerable<(AxisRun Places, AxisRun Stored)> Of(AxisRun rows)
    {
        for (var first = 0L; first < rows.Count;)
        {
            var start = Stored(rows[first]);
            var count = 1L;
            while (first + count < rows.Count && Stored(rows[first + count]) == start + (count * rows.Step)) { count++; }
            yield return (new AxisRun(first, 1, count), new AxisRun(start, rows.Step, count));
            first += count;
        }
    }

    /// <summary>How many ranks a stored tensor was cut for along its rows: the chunks of Megatron's index are what single ranks held.</summary>
    internal static int RanksOf(TensorInfo tensor)
    {
        var axis = tensor.Shape.Rank - 2;
        var starts = tensor.Boxes.Select(box => box.Box.Offset[axis]).ToHashSet();
        var size = tensor.Shape[axis] / Math.Max(1, starts.Count);
        return tensor.Boxes.All(box => box.Box.Size[axis] == size && box.Box.Offset[axis] % size == 0) ? starts.Count : Throw.Chunks(tensor);
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Uneven(string weight, long rows, int ranks) => throw new LayoutException(
            "ADP-3.3", weight, $"{rows} rows of gate and up cannot be shared evenly by {ranks} ranks");

        [DoesNotReturn]
        internal static int Chunks(TensorInfo tensor) => throw new LayoutException(
            "ADP-3.3", tensor.Name, "its chunks differ in rows, so that the tensor parallel size it was saved under cannot be told");
    }
}
