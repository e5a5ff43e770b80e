namespace Ckpt.Formats.LegacyTorch;

/// <summary>The model of a rank, or one virtual stage of it.</summary>
/// <param name="Tensors">Its tensors, in the order of the state dict.</param>
/// <param name="Others">Names of what is no tensor, and of Transformer Engine's calibration state (<c>_extra_state</c>), tensor or not.</param>
/// <param name="HasExtraState">Whether one of these is not None: Transformer Engine's layers have such a state, Megatron's own have None.</param>
public sealed record LegacyChunk(IReadOnlyList<LegacyEntry> Tensors, IReadOnlyList<string> Others, bool HasExtraState);
