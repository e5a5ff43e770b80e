namespace Ckpt.Trainer.Modeling.Layers;

/// <summary>Attention's heads on one rank.</summary>
/// <param name="AllGroups">Key heads of the model.</param>
/// <param name="Groups">Key heads this rank attends with.</param>
/// <param name="PerGroup">Query heads for each.</param>
/// <param name="Dim">Elements a head.</param>
/// <param name="RanksPerGroup">Ranks that share a group; 1 where each has whole ones.</param>
/// <param name="IsNormWide">Whether norms are over all heads together.</param>
/// <param name="Clip">What queries, keys and values are held between.</param>
/// <param name="Epsilon">The norms'.</param>
/// <param name="Shift">Added to the norms' weights.</param>
readonly record struct AttentionSizes(int AllGroups, int Groups, int PerGroup, int Dim, int RanksPerGroup, bool IsNormWide, float? Clip, float Epsilon, float Shift);
