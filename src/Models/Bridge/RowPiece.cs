using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Models.Families;

namespace Ckpt.Models.Bridge;

/// <summary>Consecutive rows that are the same on both sides of a table row: which tensor of each side, from which of its rows.</summary>
readonly record struct RowPiece(int Hf, long HfOffset, int Megatron, long MegatronOffset, long Length)
{
    /// <summary>
    /// Cuts a table row into its pieces, by ascending Megatron offset: both sides deal their parts out over groups (NAM-1.1), so the cuts
    /// of a part are those of either side.
    /// </summary>
    internal static IReadOnlyList<RowPiece> Of(FamilyRow row, Func<Dim, long> size)
    {
        var rows = row.Parts.Select(size).ToArray();
        var hf = Cuts(row.Hf, rows, size);
        var megatron = Cuts(row.Megatron, rows, size);
        var pieces = new List<RowPiece>();
        for (var part = 0; part < rows.Length; part++) { Intersect(hf[part], megatron[part], pieces); }
        pieces.Sort((a, b) => (a.Megatron, a.MegatronOffset).CompareTo((b.Megatron, b.MegatronOffset)));
        return Joined(pieces);
    }

    // Per part: where its rows lie in the tensors of one side, by ascending row of the part.
    static List<Cut>[] Cuts(IReadOnlyList<RowTensor> tensors, long[] rows, Func<Dim, long> size)
    {
        var cuts = new List<Cut>[rows.Length];
        for (var index = 0; index < tensors.Count; index++)
        {
            var tensor = tensors[index];
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
                    cuts[part].Add(new Cut(index, group * share, offset, share));
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
            pieces.Add(new RowPiece(hf[i].Tensor, hf[i].Offset + start - hf[i].Start, megatron[j].Tensor, megatron[j].Offset + start - megatron[j].Start, end - start));
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

    bool Meets(RowPiece next) =>
        Hf == next.Hf && Megatron == next.Megatron && HfOffset + Length == next.HfOffset && MegatronOffset + Length == next.MegatronOffset;

    readonly record struct Cut(int Tensor, long Start, long Offset, long Length)
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
