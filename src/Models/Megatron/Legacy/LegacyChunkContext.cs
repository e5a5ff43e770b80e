namespace Ckpt.Models.Megatron.Legacy;

/// <summary>What is known of a chunk besides its names.</summary>
/// <param name="Where">The file, for messages.</param>
/// <param name="Args">The run's arguments.</param>
/// <param name="Tensor">The rank's tensor rank.</param>
/// <param name="TensorSize">Of how many.</param>
/// <param name="ExpertShares">How many ranks share the experts of a layer.</param>
readonly record struct LegacyChunkContext(string Where, LegacyArgs Args, int Tensor, int TensorSize, int ExpertShares);
