namespace Ckpt.Formats.Zarr;

/// <summary>The versions of the format.</summary>
public enum ZarrVersion
{
    /// <summary>An array's <c>.zarray</c>, one compressor.</summary>
    V2 = 2,

    /// <summary>An array's <c>zarr.json</c>, a row of codecs, shards.</summary>
    V3 = 3,
}
