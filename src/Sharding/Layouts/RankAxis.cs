namespace Ckpt.Sharding.Layouts;

/// <summary>The ways processes are told apart, by Megatron's short names.</summary>
public enum RankAxis
{
    /// <summary><c>tp</c>; in the grid of experts their own tensor size.</summary>
    Tensor,

    /// <summary><c>cp</c>; 1 in the grid of experts.</summary>
    Context,

    /// <summary><c>ep</c>; 1 in the dense grid.</summary>
    Expert,

    /// <summary><c>dp</c>; in the grid of experts what they leave.</summary>
    Data,

    /// <summary><c>pp</c>.</summary>
    Pipeline,
}
