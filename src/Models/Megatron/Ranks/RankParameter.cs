using Ckpt.Formats.Tensors;

namespace Ckpt.Models.Megatron.Ranks;

/// <summary>A parameter as each rank has it.</summary>
/// <param name="Name">Its name, the same on all ranks.</param>
/// <param name="DType">Its type.</param>
/// <param name="Shape">Its shape on one rank.</param>
public readonly record struct RankParameter(string Name, DType DType, Shape Shape);
