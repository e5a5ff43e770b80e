using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Ckpt.Formats.Zarr;

/// <summary>Blosc 1 by the system's libblosc: its functions without global state (blosc.h, from 1.5 on), looked up once.</summary>
static unsafe class Blosc
{
    /// <summary>Bytes of a buffer's header (BLOSC_MIN_HEADER_LENGTH, and all that encoding adds at most).</summary>
    internal const int Overhead = 16;

    /// <summary>The longest buffer it encodes (BLOSC_MAX_BUFFERSIZE).</summary>
    internal const int MaxBytes = int.MaxValue - Overhead;

    static readonly string[] s_names = ["libblosc.so.1", "libblosc.so", "libblosc.1.dylib", "libblosc.dll"];

    static readonly nint s_library = Load();
    static readonly delegate* unmanaged<byte*, byte*, nuint, int, int> s_decompress = (delegate* unmanaged<byte*, byte*, nuint, int, int>)Export("blosc_decompress_ctx");
    static readonly delegate* unmanaged<int, int, nuint, nuint, byte*, byte*, nuint, byte*, nuint, int, int> s_compress =
        (delegate* unmanaged<int, int, nuint, nuint, byte*, byte*, nuint, byte*, nuint, int, int>)Export("blosc_compress_ctx");

    /// <summary>Whether the library is there.</summary>
    internal static bool IsPresent => s_decompress is not null && s_compress is not null;

    /// <summary>The bytes that a buffer's header says it decodes to; −1 where it has none, or another length than the buffer.</summary>
    internal static long AnnouncedLength(ReadOnlySpan<byte> buffer)
    {
        if (buffer.Length < Overhead) { return -1; }
        var (decoded, encoded) = (BinaryPrimitives.ReadUInt32LittleEndian(buffer[4..]), BinaryPrimitives.ReadUInt32LittleEndian(buffer[12..]));
        return encoded == buffer.Length ? decoded : -1;
    }

    /// <summary>Decodes a buffer whose announced length is the output's; the bytes written, or −1 where it is broken.</summary>
    internal static int Decode(ReadOnlySpan<byte> buffer, Span<byte> output)
    {
        fixed (byte* from = buffer, to = output)
        {
            var made = s_decompress(from, to, (nuint)output.Length, 1);
            return made >= 0 && made <= output.Length ? made : -1;
        }
    }

    /// <summary>Encodes; the bytes written, or −1 where the library was built without the compressor.</summary>
    /// <param name="input">At most <see cref="MaxBytes"/>.</param>
    /// <param name="output">At least <see cref="Overhead"/> bytes longer.</param>
    /// <param name="compressor">blosclz, lz4, lz4hc, zlib or zstd.</param>
    /// <param name="level">0 to 9.</param>
    /// <param name="shuffle">0 none, 1 of bytes, 2 of bits.</param>
    /// <param name="typeSize">Bytes of an element.</param>
    /// <param name="blockSize">0 lets the library choose.</param>
    internal static int Encode(ReadOnlySpan<byte> input, Span<byte> output, string compressor, int level, int shuffle, int typeSize, int blockSize)
    {
        var name = Encoding.ASCII.GetBytes(compressor + '\0');
        fixed (byte* from = input, to = output, with = name)
        {
            var made = s_compress(level, shuffle, (nuint)typeSize, (nuint)input.Length, from, to, (nuint)output.Length, with, (nuint)blockSize, 1);
            return made > 0 ? made : -1;
        }
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
