using Ckpt.Formats.Tensors;

namespace Ckpt.Sharding.Plans;

/// <summary>
/// Everything a run will do, known before a byte moves: which region of which stored box goes where in which file. A pure value of
/// source, map and layout; it can be printed, priced, checked and repeated.
/// </summary>
/// <param name="Source">The source's tensors; copies refer to them by index.</param>
/// <param name="Layout">Where every byte of the target lies.</param>
/// <param name="Pieces">One for each data range of the layout, file by file, in file order.</param>
/// <param name="Ledger">What it comes to.</param>
public sealed record CopyPlan(IReadOnlyList<TensorInfo> Source, CheckpointLayout Layout, IReadOnlyList<Piece> Pieces, Ledger Ledger)
{
    /// <summary>
    /// Memory that source index, map, layout and plan take while they are made, in bytes: an upper estimate, from the peak of planning a
    /// 36,945-tensor model (bench/results).
    /// </summary>
    public long EstimatedBytes
    {
        get
        {
            var bytes = 0L;
            foreach (var tensor in Source) { bytes += 1200 + (tensor.Boxes.Count * 300L); }
            foreach (var target in Layout.Tensors) { bytes += 1200 + (target.Boxes.Count * 400L); }
            foreach (var piece in Pieces) { bytes += 500 + (piece.Copies.Count * 900L); }
            foreach (var file in Layout.Closing) { bytes += file.Bytes.Length; }
            return bytes;
        }
    }
}
