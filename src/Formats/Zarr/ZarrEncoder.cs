using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;
using Ckpt.Shared;

namespace Ckpt.Formats.Zarr;

/// <summary>Encodes a chunk's bytes. The same bytes from the same chunk, settings and libraries.</summary>
static class ZarrEncoder
{
    /// <summary>Bytes that all codecs together make at most of so many.</summary>
    internal static long MostEncoded(IReadOnlyList<ZarrCodec> codecs, long bytes)
    {
        foreach (var codec in codecs)
        {
            bytes = codec.Kind switch
            {
                ZarrCodecKind.Crc32c => bytes + 4,
                ZarrCodecKind.Blosc => bytes + Blosc.Overhead,
                ZarrCodecKind.Zstd => Zstd.MostEncoded(bytes),
                _ => bytes + (bytes / 1000) + 128, // deflate adds 5 bytes to each block that it cannot shorten
            };
        }
        return bytes;
    }

    /// <summary>Memory that compressors take for themselves: of zstd by its level (ZSTD_estimateCCtxSize of 1.5, rounded up), of others little.</summary>
    internal static long TableBytes(IReadOnlyList<ZarrCodec> codecs)
    {
        var most = 4L << 20;
        foreach (var codec in codecs)
        {
            if (codec.Kind == ZarrCodecKind.Zstd) { most = Math.Max(most, codec.Level switch { <= 12 => 32L << 20, <= 19 => 128L << 20, _ => 1L << 30 }); }
        }
        return most;
    }

    /// <summary>Makes sure that the libraries which the codecs need are there.</summary>
    internal static void CheckLibraries(IReadOnlyList<ZarrCodec> codecs)
    {
        foreach (var codec in codecs) { ZarrLibraries.Need(codec.Kind, codec.ToString()); }
    }

    /// <summary>What is stored of a chunk.</summary>
    /// <param name="codecs">In the order of writing.</param>
    /// <param name="chunk">Its bytes.</param>
    /// <param name="elementBytes">Bytes of an element, which blosc shuffles by.</param>
    internal static ReadOnlyMemory<byte> Encode(IReadOnlyList<ZarrCodec> codecs, ReadOnlyMemory<byte> chunk, int elementBytes)
    {
        foreach (var codec in codecs)
        {
            chunk = codec.Kind switch
            {
                ZarrCodecKind.Crc32c => WithChecksum(chunk.Span),
                ZarrCodecKind.Zstd => OfZstd(codec, chunk.Span),
                ZarrCodecKind.Blosc => OfBlosc(codec, chunk.Span, elementBytes),
                _ => Deflated(codec, chunk.Span),
            };
        }
        return chunk;
    }

    static byte[] WithChecksum(ReadOnlySpan<byte> chunk)
    {
        var bytes = GC.AllocateUninitializedArray<byte>(chunk.Length + 4);
        chunk.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(chunk.Length), Crc32c.Of(chunk));
        return bytes;
    }

    static ReadOnlyMemory<byte> OfZstd(ZarrCodec codec, ReadOnlySpan<byte> chunk)
    {
        var bytes = GC.AllocateUninitializedArray<byte>((int)Zstd.MostEncoded(chunk.Length));
        return bytes.AsMemory(0, Zstd.Encode(chunk, bytes, codec.Level, codec.Checksum));
    }

    static ReadOnlyMemory<byte> OfBlosc(ZarrCodec codec, ReadOnlySpan<byte> chunk, int elementBytes)
    {
        var bytes = GC.AllocateUninitializedArray<byte>(chunk.Length + Blosc.Overhead);
        var made = Blosc.Encode(chunk, bytes, codec.BloscCompressor, codec.Level, codec.BloscShuffle, elementBytes, 0);
        return made > 0 ? bytes.AsMemory(0, made) : Throw.NoCompressor(codec);
    }

    static ReadOnlyMemory<byte> Deflated(ZarrCodec codec, ReadOnlySpan<byte> chunk)
    {
        var memory = new MemoryStream(chunk.Length / 2);
        var options = new ZLibCompressionOptions { CompressionLevel = codec.Level };
        using (Stream stream = codec.Kind == ZarrCodecKind.Gzip ? new GZipStream(memory, options, leaveOpen: true) : new ZLibStream(memory, options, leaveOpen: true))
        {
            stream.Write(chunk);
        }
        return memory.GetBuffer().AsMemory(0, (int)memory.Length);
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static ReadOnlyMemory<byte> NoCompressor(ZarrCodec codec) => throw new UnsupportedCheckpointException(
            "ZAR-3.10", codec.ToString(), "the system's libblosc was built without this compressor");
    }
}
