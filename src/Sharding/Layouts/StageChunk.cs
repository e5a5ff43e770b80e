namespace Ckpt.Sharding.Layouts;

/// <summary>A decoder layer in a chunk: by its number there, which a legacy checkpoint's names have, and by its number in the model.</summary>
public readonly record struct LayerSlot(int Local, int Layer);

/// <summary>What one chunk of one pipeline stage holds.</summary>
/// <param name="Stage">The pipeline rank.</param>
/// <param name="Chunk">The virtual stage on it.</param>
/// <param name="Layers">Its layers; local numbers have gaps where MindSpeed's empty layers are.</param>
/// <param name="Embedding">Whether it embeds the tokens.</param>
/// <param name="FinalNorm">Whether the norm behind the last layer is here.</param>
/// <param name="Loss">Whether the output layer is here.</param>
/// <param name="Mtp">Multi-token-prediction layers; where there are any, there are copies of embedding and output layer too.</param>
public sealed record StageChunk(int Stage, int Chunk, IReadOnlyList<LayerSlot> Layers, bool Embedding, bool FinalNorm, bool Loss, IReadOnlyList<int> Mtp);
