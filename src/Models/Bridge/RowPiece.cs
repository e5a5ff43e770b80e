using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Models.Families;

namespace Ckpt.Models.Bridge;

/// <summary>Consecutive rows that are the same on both sides of a table row: from which row of each side on.</summary>
readonly record struct RowPiece(RowPlace Hf, RowPlace Megatron, long Length)
{
    /// <summary>
    /// Cuts a table row into its pieces, by ascending Megatron offset: both sides deal their parts out over groups (NAM-1.1), so the cuts
    /// of a part are those of either side.
    /// </summary>
    internal static IReadOnlyList<RowPiece> Of(FamilyRow row, Func<Dim, long> size)
    {
        var rows = row.Parts.Select(size).ToArray();
        var hf = Cuts(row, row.Hf, rows, size);
        var megatron = Cuts(row, row.Megatron, rows, size);
        var pieces = new List<RowPiece>();
        for (var part = 0; part < rows.Length; part++) { Intersect(hf[part], megatron[part], pieces); }
        pieces.Sort((a, b) => (a.Megatron.Tensor, a.Megatron.Offset, a.Megatron.Turn).CompareTo((b.Megatron.Tensor, b.Megatron.Offset, b.Megatron.Turn)));
        return Joined(pieces);
    }

    // Per part: where its rows lie in the tensors of one side, by ascending row of the part.
    static List<Cut>[] Cuts(FamilyRow row, IReadOnlyList<RowTensor> tensors, long[] rows, Func<Dim, long> size)
    {
        var cuts = new List<Cut>[rows.Length];
        for (var index = 0; index < tensors.Count; index++)
        {
            var tensor = tensors[index];
            if (row.TakeTurns(tensor))
            {
                foreach (var (turn, part) in tensor.Parts.Index()) { cuts[part] = [new Cut(0, new RowPlace(index, 0, turn), rows[part])]; }
                continue;
            }
            var groups = size(tensor.Groups);
            var offset = 0L;
            foreach (var part in tensor.Parts)
            {
                if (rows[part] % groups != 0) { Throw.Uneven(tensor.Pattern, rows[part], groups); }
                cuts[part] = [];
            }
            for (var group = 0L; group < groups; group++)
            {
                foreach (var part in tensor.Parts)
                {
                    var share = rows[part] / groups;
                    cuts[part].Add(new Cut(group * share, new RowPlace(index, offset, 0), share));
                    offset += share;
                }
            }
        }
        return cuts;
    }

    static void Intersect(List<Cut> hf, List<Cut> megatron, List<RowPiece> pieces)
    {
        var (i, j) = (0, 0);
        while (i < hf.Count && j < megatron.Count)
        {
            var start = Math.Max(hf[i].Start, megatron[j].Start);
            var end = Math.Min(hf[i].End, megatron[j].End);
            pieces.Add(new RowPiece(hf[i].Place.Skip(start - hf[i].Start), megatron[j].Place.Skip(start - megatron[j].Start), end - start));
            if (hf[i].End == end) { i++; }
            if (megatron[j].End == end) { j++; }
        }
    }

    static List<RowPiece> Joined(List<RowPiece> pieces)
    {
        var joined = new List<RowPiece>();
        foreach (var piece in pieces)
        {
            if (joined.Count > 0 && joined[^1].Meets(piece)) { joined[^1] = joined[^1] with { Length = joined[^1].Length + piece.Length }; }
            else { joined.Add(piece); }
        }
        return joined;
    }

    bool Meets(RowPiece next) => Hf.Skip(Length) == next.Hf && Megatron.Skip(Length) == next.Megatron;

    readonly record struct Cut(long Start, RowPlace Place, long Length)
    {
        internal long End => Start + Length;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Uneven(string pattern, long rows, long groups) => throw new LayoutException(
            "NAM-1.1", pattern, $"{rows} rows cannot be dealt out evenly over {groups} groups");
    }
}
