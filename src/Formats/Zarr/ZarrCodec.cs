using System.Globalization;

namespace Ckpt.Formats.Zarr;

/// <summary>One encoding of a chunk's bytes into others, with its settings; those of reading are in the bytes themselves.</summary>
public readonly record struct ZarrCodec
{
    ZarrCodec(ZarrCodecKind kind, int level) => (Kind, Level) = (kind, level);

    /// <summary>Which encoding.</summary>
    public ZarrCodecKind Kind { get; }

    /// <summary>How hard it tries; 0 where it has no levels.</summary>
    public int Level { get; }

    /// <summary>Whether zstd adds a checksum of its own.</summary>
    public bool Checksum { get; private init; }

    /// <summary>The compressor inside blosc: blosclz, lz4, lz4hc, zlib or zstd.</summary>
    public string BloscCompressor { get; private init; } = "";

    /// <summary>What blosc does before: 0 nothing, 1 shuffles bytes, 2 shuffles bits.</summary>
    public int BloscShuffle { get; private init; }

    /// <summary>gzip, level 0 to 9.</summary>
    public static ZarrCodec Gzip(int level = 5) => new(ZarrCodecKind.Gzip, Within(level, 0, 9));

    /// <summary>zlib, level 0 to 9; zarr v3 knows it as an extension.</summary>
    public static ZarrCodec Zlib(int level = 1) => new(ZarrCodecKind.Zlib, Within(level, 0, 9));

    /// <summary>Zstandard, level −131072 to 22.</summary>
    public static ZarrCodec Zstd(int level = 3, bool checksum = false) => new(ZarrCodecKind.Zstd, Within(level, -131072, 22)) { Checksum = checksum };

    /// <summary>Blosc around a compressor, level 0 to 9.</summary>
    public static ZarrCodec Blosc(string compressor = "lz4", int level = 5, int shuffle = 1) => new(ZarrCodecKind.Blosc, Within(level, 0, 9))
    {
        BloscCompressor = compressor is "blosclz" or "lz4" or "lz4hc" or "zlib" or "zstd"
            ? compressor
            : throw new ArgumentException($"blosc has no compressor {compressor}; it has blosclz, lz4, lz4hc, zlib and zstd", nameof(compressor)),
        BloscShuffle = Within(shuffle, 0, 2),
    };

    /// <summary>The bytes and a CRC-32C of them; zarr v3 only.</summary>
    public static ZarrCodec Crc32c() => new(ZarrCodecKind.Crc32c, 0);

    /// <summary>The encoding and every setting, short.</summary>
    public override string ToString() => Kind switch
    {
        ZarrCodecKind.Crc32c => "crc32c",
        ZarrCodecKind.Zstd => string.Create(CultureInfo.InvariantCulture, $"zstd({Level}{(Checksum ? ", checksum" : "")})"),
        ZarrCodecKind.Blosc => string.Create(CultureInfo.InvariantCulture, $"blosc({BloscCompressor}, {Level}, shuffle {BloscShuffle})"),
        ZarrCodecKind.Gzip => string.Create(CultureInfo.InvariantCulture, $"gzip({Level})"),
        _ => string.Create(CultureInfo.InvariantCulture, $"zlib({Level})"),
    };

    /// <summary>The encoding that a file names, of which only the kind counts: what reading needs is in the bytes.</summary>
    internal static ZarrCodec Read(ZarrCodecKind kind, string bloscCompressor = "") => new(kind, 0) { BloscCompressor = bloscCompressor };

    static int Within(int value, int low, int high)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, low);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, high);
        return value;
    }
}
