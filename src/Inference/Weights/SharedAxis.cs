namespace Ckpt.Inference.Weights;

/// <summary>An axis of a weight that ranks share in equal parts.</summary>
/// <param name="Axis">The axis.</param>
/// <param name="Ranks">How many share it.</param>
public readonly record struct SharedAxis(int Axis, int Ranks)
{
    /// <summary>One holds all of it.</summary>
    public static SharedAxis None { get; } = new(0, 1);
}
