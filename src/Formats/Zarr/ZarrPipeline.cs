namespace Ckpt.Formats.Zarr;

/// <summary>How a chunk becomes bytes: its axes are put into an order, its elements written or cut into smaller chunks, the bytes encoded.</summary>
/// <param name="Order">Which axis of the chunk each stored axis is; null where they are the same.</param>
/// <param name="BigEndian">Whether elements are stored with the highest byte first.</param>
/// <param name="Sharding">Where not null, the stored chunk is made of smaller ones.</param>
/// <param name="Codecs">What is done to the bytes, in the order of writing.</param>
sealed record ZarrPipeline(int[]? Order, bool BigEndian, ZarrSharding? Sharding, IReadOnlyList<ZarrCodec> Codecs);
