using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Boxes;

namespace Ckpt.Models.Adapters;

/// <summary>
/// ADP-3.3: Megatron saves <c>linear_fc1.lora_B</c> as each tensor parallel rank holds it, the rank's gate rows and then its up rows, rank after rank;
/// the weight beside it lies gate rows first whatever the split. So it is with Megatron-core's <c>in_proj</c> of linear attention, whose sections are six
/// (ADP-3.6). This says which stored row is which row of the weight.
/// </summary>
/// <param name="Sections">Rows of the weight's sections, in order.</param>
/// <param name="Ranks">The tensor parallel size.</param>
readonly record struct GatedRows(IReadOnlyList<long> Sections, int Ranks)
{
    const string Gated = "linear_fc1.weight";
    const string LinearAttention = "self_attention.in_proj.weight";

    /// <summary>Whether a weight's B is saved so.</summary>
    internal static bool Is(string weight) => weight.EndsWith("." + Gated, StringComparison.Ordinal);

    /// <summary>As it lies in a file of this many ranks; a weight that is not gated lies as it is.</summary>
    /// <exception cref="LayoutException">The halves cannot be split evenly.</exception>
    internal static GatedRows Of(string weight, long rows, int ranks)
    {
        if (!Is(weight)) { return new GatedRows([rows], 1); }
        if (rows % (2L * ranks) != 0) { Throw.Uneven(weight, rows, ranks); }
        return new GatedRows([rows / 2, rows / 2], ranks);
    }

    /// <summary>Whether a weight is the input projection of linear attention, whose rows Megatron-core's own ranks hold section by section.</summary>
    internal static bool IsOfLinearAttention(string weight) => weight.EndsWith("." + LinearAttention, StringComparison.Ordinal);

    /// <summary>As such a projection lies in a file of this many ranks.</summary>
    /// <exception cref="LayoutException">ADP-3.6: the sections are not those of the model, or cannot be shared evenly.</exception>
    internal static GatedRows OfLinearAttention(string weight, long rows, IReadOnlyList<long> sections, int ranks)
    {
        if (sections.Sum() != rows || sections.Any(section => section % ranks != 0)) { Throw.UnevenSections(weight, rows, sections, ranks); }
        return new GatedRows(sections, ranks);
    }

    /// <summary>The stored row of a row of the weight.</summary>
    internal long Stored(long row)
    {
        if (Ranks == 1) { return row; }
        var (total, before, offset) = (Sections.Sum(), 0L, row);
        foreach (var section in Sections)
        {
            if (offset < section)
            {
                var (rank, within) = Math.DivRem(offset, section / Ranks);
                return (rank * (total / Ranks)) + before + within;
            }
            (offset, before) = (offset - section, before + (section / Ranks));
        }
        throw new ArgumentOutOfRangeException(nameof(row), row, "behind the last row");
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
        internal static void UnevenSections(string weight, long rows, IReadOnlyList<long> sections, int ranks) => throw new LayoutException(
            "ADP-3.6", weight, $"{rows} rows in sections of {string.Join(", ", sections)} cannot be shared evenly by {ranks} ranks");

        [DoesNotReturn]
        internal static int Chunks(TensorInfo tensor) => throw new LayoutException(
            "ADP-3.3", tensor.Name, "its chunks differ in rows, so that the tensor parallel size it was saved under cannot be told");
    }
}
