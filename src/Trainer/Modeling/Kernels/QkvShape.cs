namespace Ckpt.Trainer.Modeling.Kernels;

/// <summary>The fused output of a query, key and value projection: for each group its query heads, its key head, its value head.</summary>
/// <param name="Batch">Sequences.</param>
/// <param name="Length">Rows a sequence.</param>
/// <param name="Groups">Key heads.</param>
/// <param name="PerGroup">Query heads for each.</param>
/// <param name="Dim">Elements a head.</param>
readonly record struct QkvShape(long Batch, long Length, int Groups, int PerGroup, int Dim)
{
    internal long Rows => Batch * Length;

    internal int Width => Groups * (PerGroup + 2) * Dim;

    internal int Heads => Groups * PerGroup;
}
