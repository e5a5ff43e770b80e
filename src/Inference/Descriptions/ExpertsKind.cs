namespace Ckpt.Inference.Descriptions;

/// <summary>A layer of experts.</summary>
/// <param name="Router">Who chooses.</param>
/// <param name="Expert">The expert of an index.</param>
/// <param name="Shared">What every token goes to; null where there is no such thing.</param>
/// <param name="SharedGate">A vector whose product with a token is, through a sigmoid, the weight of <paramref name="Shared"/>; null: 1.</param>
/// <param name="WeighsInputs">Whether what an expert gets is weighted, not what it gives.</param>
public sealed record ExpertsKind(RouterKind Router, Func<int, MlpKind> Expert, MlpKind? Shared, string? SharedGate, bool WeighsInputs = false);
