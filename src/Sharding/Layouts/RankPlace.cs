namespace Ckpt.Sharding.Layouts;

/// <summary>A process by its number and by its coordinates in the dense grid and in that of experts; the pipeline stage is one in both.</summary>
public readonly record struct RankPlace(
    int Rank, int Pipeline, int Tensor, int Context, int Data, int ExpertTensor, int Expert, int ExpertData);
