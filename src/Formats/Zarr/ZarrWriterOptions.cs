namespace Ckpt.Formats.Zarr;

/// <summary>How zarr arrays are written.</summary>
public sealed record ZarrWriterOptions
{
    /// <summary>The format's version.</summary>
    public ZarrVersion Version { get; init; } = ZarrVersion.V3;

    /// <summary>What is done to the bytes of each chunk, in order; version 2 has room for one, and none of CRC-32C.</summary>
    public IReadOnlyList<ZarrCodec> Codecs { get; init; } = [];

    /// <summary>'.' or '/' between the numbers of a chunk's name; null for the version's usual one.</summary>
    public char? Separator { get; init; }

    /// <summary>Whether the first axis of a chunk is the fastest (order F).</summary>
    public bool ColumnMajor { get; init; }

    /// <summary>Whether elements are stored with the highest byte first.</summary>
    public bool BigEndian { get; init; }

    /// <summary>Bytes of elements that a shard has at most; 0 for a file a chunk. Version 3 only.</summary>
    public long ShardBytes { get; init; }

    /// <summary>Whether the root holds the metadata of all arrays, so that readers need not look for them.</summary>
    public bool Consolidated { get; init; } = true;

    /// <summary>Names the first option that the version has no room for.</summary>
    /// <exception cref="ArgumentException">There is one.</exception>
    internal void Check()
    {
        if (Version is not (ZarrVersion.V2 or ZarrVersion.V3)) { throw new ArgumentException($"there is no zarr version {(int)Version}"); }
        if (Separator is not (null or '.' or '/')) { throw new ArgumentException($"'{Separator}' is no separator of zarr; it has '.' and '/'"); }
        ArgumentOutOfRangeException.ThrowIfNegative(ShardBytes);
        if (Version != ZarrVersion.V2) { return; }
        if (Codecs.Count > 1 || Codecs.Any(static codec => codec.Kind == ZarrCodecKind.Crc32c)) { throw new ArgumentException($"version 2 has no room for {string.Join(", ", Codecs)}; it takes one compressor"); }
        if (ShardBytes > 0) { throw new ArgumentException("version 2 has no shards"); }
    }
}
