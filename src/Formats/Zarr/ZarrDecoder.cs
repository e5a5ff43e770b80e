using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;
using Ckpt.Shared;

namespace Ckpt.Formats.Zarr;

/// <summary>Undoes the encodings of a chunk, into exactly the bytes that its shape says. Pure but for the system's libraries.</summary>
static class ZarrDecoder
{
    /// <summary>
    /// Bytes that encoding once may add, whatever the encoder: generous, so that only what cannot be an encoding of so little is refused.
    /// </summary>
    internal static long MostEncoded(long bytes) => bytes + (bytes / 8) + (64 << 10);

    /// <summary>The bytes that a chunk may take after all its encodings.</summary>
    internal static long MostEncoded(IReadOnlyList<ZarrCodec> codecs, long bytes)
    {
        foreach (var codec in codecs) { bytes = codec.Kind == ZarrCodecKind.Crc32c ? bytes + 4 : MostEncoded(bytes); }
        return bytes;
    }

    /// <summary>Whether the length after encoding is known: checksums alone.</summary>
    internal static bool IsFixedLength(IReadOnlyList<ZarrCodec> codecs)
    {
        foreach (var codec in codecs)
        {
            if (codec.Kind != ZarrCodecKind.Crc32c) { return false; }
        }
        return true;
    }

    /// <summary>The chunk's bytes before encoding.</summary>
    /// <param name="codecs">In the order of writing.</param>
    /// <param name="encoded">What is stored.</param>
    /// <param name="length">Bytes of the chunk.</param>
    /// <param name="where">For messages.</param>
    internal static byte[] Decode(IReadOnlyList<ZarrCodec> codecs, ReadOnlyMemory<byte> encoded, int length, string where)
    {
        for (var i = codecs.Count - 1; i >= 0; i--)
        {
            var before = codecs.Take(i).ToList();
            encoded = codecs[i].Kind == ZarrCodecKind.Crc32c
                ? Checked(encoded, where)
                : Undo(codecs[i].Kind, encoded, MostEncoded(before, length), IsFixedLength(before), where);
        }
        if (encoded.Length != length) { Throw.Length(where, encoded.Length, length); }
        return System.Runtime.InteropServices.MemoryMarshal.TryGetArray(encoded, out var array) && array.Offset == 0 && array.Array!.Length == length ? array.Array : encoded.ToArray();
    }

    static ReadOnlyMemory<byte> Checked(ReadOnlyMemory<byte> encoded, string where)
    {
        if (encoded.Length < 4) { Throw.Broken(where, ZarrCodecKind.Crc32c); }
        var (found, stored) = (Crc32c.Of(encoded.Span[..^4]), BinaryPrimitives.ReadUInt32LittleEndian(encoded.Span[^4..]));
        if (found != stored) { Throw.Checksum(where, found, stored); }
        return encoded[..^4];
    }

    /// <summary>Undoes one encoding; where the result's length is not known it is at most <paramref name="most"/>.</summary>
    static ReadOnlyMemory<byte> Undo(ZarrCodecKind kind, ReadOnlyMemory<byte> encoded, long most, bool exact, string where)
    {
        if (most > Array.MaxLength) { Throw.TooLong(where, most); }
        // What is announced is compared before memory is taken for it.
        if (Announced(kind, encoded.Span, where) is { } announced && (exact ? announced != most : announced > most)) { Throw.Length(where, announced, most); }
        if (kind is ZarrCodecKind.Gzip or ZarrCodecKind.Zlib && most / 1040 > encoded.Length && exact) { Throw.Length(where, encoded.Length * 1040L, most); }
        var output = GC.AllocateUninitializedArray<byte>((int)most);
        var made = kind switch
        {
            ZarrCodecKind.Zstd => Zstd.Decode(encoded.Span, output),
            ZarrCodecKind.Blosc => Blosc.Decode(encoded.Span, output),
            _ => Inflate(kind, encoded, output, where),
        };
        if (made < 0) { Throw.Broken(where, kind); }
        if (exact && made != most) { Throw.Length(where, made, most); }
        return made == output.Length ? output : output.AsMemory(0, made);
    }

    static long? Announced(ZarrCodecKind kind, ReadOnlySpan<byte> encoded, string where)
    {
        ZarrLibraries.Need(kind, where);
        var announced = kind switch
        {
            ZarrCodecKind.Zstd => Zstd.AnnouncedLength(encoded),
            ZarrCodecKind.Blosc => Blosc.AnnouncedLength(encoded),
            _ => null,
        };
        if (announced < 0) { Throw.Broken(where, kind); }
        return announced;
    }

    static int Inflate(ZarrCodecKind kind, ReadOnlyMemory<byte> encoded, byte[] output, string where)
    {
        var bytes = System.Runtime.InteropServices.MemoryMarshal.TryGetArray(encoded, out var array) ? array : new ArraySegment<byte>(encoded.ToArray());
        using var memory = new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count, writable: false);
        using Stream stream = kind == ZarrCodecKind.Gzip ? new GZipStream(memory, CompressionMode.Decompress) : new ZLibStream(memory, CompressionMode.Decompress);
        try
        {
            var made = stream.ReadAtLeast(output, output.Length, throwOnEndOfStream: false);
            if (stream.ReadByte() >= 0) { Throw.Longer(where, output.Length); }
            return made;
        }
        catch (InvalidDataException error) { return Throw.Broken(where, kind, error); }
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Length(string where, long found, long wanted) => throw new MalformedCheckpointException(
            "ZAR-3.5", where, $"decodes to {found} bytes, the chunk has {wanted}");

        [DoesNotReturn]
        internal static void Longer(string where, long wanted) => throw new MalformedCheckpointException("ZAR-3.5", where, $"decodes to more than the {wanted} bytes of the chunk");

        [DoesNotReturn]
        internal static int Broken(string where, ZarrCodecKind kind, Exception? inner = null) => throw new MalformedCheckpointException("ZAR-3.7", where, $"is no {kind} data, or is cut short", inner);

        [DoesNotReturn]
        internal static void Checksum(string where, uint found, uint stored) => throw new MalformedCheckpointException(
            "ZAR-3.6", where, $"CRC-32C is {found:x8}, stored is {stored:x8}");

        [DoesNotReturn]
        internal static void TooLong(string where, long bytes) => throw new UnsupportedCheckpointException(
            "ZAR-3.8", where, $"an encoded chunk of {bytes} bytes; encoded ones are read up to {Array.MaxLength}");
    }
}
