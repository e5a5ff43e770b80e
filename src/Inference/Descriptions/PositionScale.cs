namespace Ckpt.Inference.Descriptions;

/// <summary>What queries are multiplied by so that attention stays sharp far into a text: 1 + Factor · ln(1 + ⌊(position + Shift) / Step⌋).</summary>
/// <param name="Factor">How much.</param>
/// <param name="Step">Positions of one scale.</param>
/// <param name="Shift">What is added to a position, counted from 0.</param>
public sealed record PositionScale(double Factor, double Step, int Shift)
{
    /// <summary>The factor of a position.</summary>
    public float At(int position) => (float)(1 + (Factor * Math.Log(1 + Math.Floor((position + Shift) / Step))));
}
