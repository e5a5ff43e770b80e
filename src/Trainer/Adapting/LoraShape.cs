namespace Ckpt.Trainer.Adapting;

/// <summary>The adapter of one module.</summary>
/// <param name="Rank">Of each part.</param>
/// <param name="Alpha">Of each part.</param>
/// <param name="Parts">
/// Null: one A and one B for the whole module. Else the projections that have an A and a B each, by the ends of their Hugging Face names
/// (<c>q</c>, <c>k</c>, <c>v</c>; <c>gate</c>, <c>up</c>); those that are missing are not adapted.
/// </param>
public sealed record LoraShape(int Rank, double Alpha, IReadOnlyList<string>? Parts = null);
