using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.Zarr;

/// <summary>How a chunk is made of smaller ones, with an index that says where each lies.</summary>
/// <param name="ChunkShape">The smaller chunk, in stored axes of the larger.</param>
/// <param name="Chunks">How each becomes bytes.</param>
/// <param name="IndexBigEndian">Byte order of the index.</param>
/// <param name="IndexChecksum">Whether a CRC-32C follows the index.</param>
/// <param name="IndexAtStart">Whether the index comes before the chunks, or behind them.</param>
sealed record ZarrSharding(Shape ChunkShape, ZarrPipeline Chunks, bool IndexBigEndian, bool IndexChecksum, bool IndexAtStart);
