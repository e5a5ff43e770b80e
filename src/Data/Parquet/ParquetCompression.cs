using System.IO.Compression;
using Ckpt.Shared;

namespace Ckpt.Data.Parquet;

/// <summary>Undoes a page's compression into exactly as many bytes as its header announces.</summary>
static class ParquetCompression
{
    /// <summary>The bytes of <paramref name="input"/> before compression.</summary>
    internal static ReadOnlyMemory<byte> Decode(ParquetCodec codec, ReadOnlyMemory<byte> input, int length, string where)
    {
        if (codec == ParquetCodec.Uncompressed)
        {
            return input.Length == length ? input : throw new MalformedDataException("PQT-3.2", where, $"{input.Length} bytes that are not compressed, {length} are announced");
        }
        // Some writers leave out the stream where there is no value.
        if (length == 0 && input.Length == 0) { return input; }
        // No copy of snappy or LZ4 gives more than 255 bytes for one, so an announced size beyond is no reason to allocate.
        if (codec is ParquetCodec.Snappy or ParquetCodec.Lz4Raw && length > 256L * (input.Length + 1))
        {
            throw new MalformedDataException("PQT-3.2", where, $"{input.Length} bytes of {codec} cannot be {length} bytes");
        }
        if (codec == ParquetCodec.Zstd && !Zstd.IsPresent)
        {
            throw new UnsupportedDataException("PQT-3.3", where, "zstd needs the system's libzstd, which is not installed (Debian: apt install libzstd1)");
        }
        var output = GC.AllocateUninitializedArray<byte>(length);
        var done = codec switch
        {
            ParquetCodec.Snappy => Snappy.TryDecode(input.Span, output),
            ParquetCodec.Lz4Raw => Lz4.TryDecode(input.Span, output),
            ParquetCodec.Zstd => Zstd.TryDecode(input.Span, output),
            ParquetCodec.Brotli => BrotliDecoder.TryDecompress(input.Span, output, out var written) && written == length,
            ParquetCodec.Gzip => TryGunzip(input, output),
            _ => throw new UnsupportedDataException("PQT-3.3", where, $"compression {Name(codec)}; none, snappy, gzip, brotli, zstd and lz4_raw are read"),
        };
        return done ? output : throw new MalformedDataException("PQT-3.2", where, $"{input.Length} bytes are not {length} bytes of {codec}");
    }

    static string Name(ParquetCodec codec) => codec switch
    {
        ParquetCodec.Lzo => "lzo",
        ParquetCodec.Lz4 => "lz4 in Hadoop's framing",
        _ => $"{(int)codec}, which is none that the format names",
    };

    static bool TryGunzip(ReadOnlyMemory<byte> input, byte[] output)
    {
        using var memory = new MemoryStream(input.ToArray(), writable: false);
        using var stream = new GZipStream(memory, CompressionMode.Decompress);
        try
        {
            return stream.ReadAtLeast(output, output.Length, throwOnEndOfStream: false) == output.Length && stream.ReadByte() < 0;
        }
        catch (InvalidDataException) { return false; }
    }
}
