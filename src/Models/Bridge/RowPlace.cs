namespace Ckpt.Models.Bridge;

/// <summary>A row of one side of a table row.</summary>
/// <param name="Tensor">Which of the side's tensors.</param>
/// <param name="Offset">Which row of it; where parts take turns, which of the part's.</param>
/// <param name="Turn">Whose turn it is, where parts take turns; else 0.</param>
readonly record struct RowPlace(int Tensor, long Offset, int Turn)
{
    internal RowPlace Skip(long rows) => this with { Offset = Offset + rows };
}
