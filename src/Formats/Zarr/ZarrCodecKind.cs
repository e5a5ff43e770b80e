namespace Ckpt.Formats.Zarr;

/// <summary>The ways in which the bytes of a chunk are encoded.</summary>
public enum ZarrCodecKind
{
    Gzip,
    Zlib,
    Zstd,
    Blosc,
    Crc32c,
}
