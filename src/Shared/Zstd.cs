using System.Runtime.InteropServices;

namespace Ckpt.Shared;

/// <summary>
/// Zstandard by the system's libzstd, whose stable functions (zstd.h, from 1.4 on) are looked up once. Compiled into each assembly that needs it,
/// as those that do may not reference each other.
/// </summary>
static unsafe class Zstd
{
    const int CompressionLevel = 100; // ZSTD_c_compressionLevel
    const int ChecksumFlag = 201; // ZSTD_c_checksumFlag
    const ulong SizeUnknown = ulong.MaxValue; // ZSTD_CONTENTSIZE_UNKNOWN
    const ulong SizeError = ulong.MaxValue - 1; // ZSTD_CONTENTSIZE_ERROR

    static readonly string[] s_names = ["libzstd.so.1", "libzstd.so", "libzstd.1.dylib", "libzstd.dll"];

    static readonly nint s_library = Load();
    static readonly delegate* unmanaged<byte*, nuint, byte*, nuint, nuint> s_decompress =
        (delegate* unmanaged<byte*, nuint, byte*, nuint, nuint>)Export("ZSTD_decompress");
    static readonly delegate* unmanaged<byte*, nuint, ulong> s_frameContentSize = (delegate* unmanaged<byte*, nuint, ulong>)Export("ZSTD_getFrameContentSize");
    static readonly delegate* unmanaged<nuint, nuint> s_bound = (delegate* unmanaged<nuint, nuint>)Export("ZSTD_compressBound");
    static readonly delegate* unmanaged<nint> s_create = (delegate* unmanaged<nint>)Export("ZSTD_createCCtx");
    static readonly delegate* unmanaged<nint, nuint> s_free = (delegate* unmanaged<nint, nuint>)Export("ZSTD_freeCCtx");
    static readonly delegate* unmanaged<nint, int, int, nuint> s_set = (delegate* unmanaged<nint, int, int, nuint>)Export("ZSTD_CCtx_setParameter");
    static readonly delegate* unmanaged<nint, byte*, nuint, byte*, nuint, nuint> s_compress =
        (delegate* unmanaged<nint, byte*, nuint, byte*, nuint, nuint>)Export("ZSTD_compress2");

    /// <summary>Whether the library is there.</summary>
    internal static bool IsPresent => s_decompress is not null && s_compress is not null;

    /// <summary>Fills all of <paramref name="output"/>; false where the input is not exactly that many bytes of zstd.</summary>
    internal static bool TryDecode(ReadOnlySpan<byte> input, Span<byte> output) => Decode(input, output) == output.Length;

    /// <summary>Decodes all frames; the bytes written, or −1 where the input is no zstd, or more than the output holds.</summary>
    internal static int Decode(ReadOnlySpan<byte> input, Span<byte> output)
    {
        // An error is a number near the top of the range (ZSTD_isError), which no output has as its length.
        fixed (byte* from = input, to = output)
        {
            var made = s_decompress(to, (nuint)output.Length, from, (nuint)input.Length);
            return made <= (nuint)output.Length ? (int)made : -1;
        }
    }

    /// <summary>The length that the first frame announces; null where it announces none, −1 where there is no frame.</summary>
    internal static long? AnnouncedLength(ReadOnlySpan<byte> input)
    {
        fixed (byte* from = input)
        {
            return s_frameContentSize(from, (nuint)input.Length) switch
            {
                SizeUnknown => null,
                SizeError => -1,
                var size => (long)Math.Min(size, long.MaxValue),
            };
        }
    }

    /// <summary>Bytes that encoding takes at most.</summary>
    internal static long MostEncoded(long length) => (long)s_bound((nuint)length);

    /// <summary>Encodes as one frame that announces its length.</summary>
    /// <returns>The bytes written.</returns>
    internal static int Encode(ReadOnlySpan<byte> input, Span<byte> output, int level, bool checksum)
    {
        var context = s_create();
        if (context == 0) { throw new InsufficientMemoryException("libzstd has no memory for a compression context"); }
        try
        {
            Must(s_set(context, CompressionLevel, level));
            Must(s_set(context, ChecksumFlag, checksum ? 1 : 0));
            fixed (byte* from = input, to = output) { return (int)Must(s_compress(context, to, (nuint)output.Length, from, (nuint)input.Length)); }
        }
        finally { _ = s_free(context); }

        // What fails here is our own call: the output is as long as the library asks for.
        static nuint Must(nuint result) => result < nuint.MaxValue - 4096 ? result : throw new InvalidOperationException($"libzstd: error {nuint.MaxValue - result + 1}");
    }

    static nint Load()
    {
        foreach (var name in s_names)
        {
            if (NativeLibrary.TryLoad(name, out var library)) { return library; }
        }
        return 0;
    }

    static nint Export(string symbol) => s_library != 0 && NativeLibrary.TryGetExport(s_library, symbol, out var address) ? address : 0;
}
