using System.Runtime.InteropServices;

namespace Ckpt.Data.Parquet;

/// <summary>Zstandard by the system's libzstd: its stable <c>ZSTD_decompress</c> (zstd.h), looked up once.</summary>
static unsafe class Zstd
{
    static readonly string[] s_names = ["libzstd.so.1", "libzstd.so", "libzstd.1.dylib", "libzstd.dll"];

    static readonly nint s_library = Load();
    static readonly delegate* unmanaged<byte*, nuint, byte*, nuint, nuint> s_decompress =
        (delegate* unmanaged<byte*, nuint, byte*, nuint, nuint>)Export("ZSTD_decompress");

    /// <summary>Whether the library is there.</summary>
    internal static bool IsPresent => s_decompress is not null;

    /// <summary>Fills all of <paramref name="output"/>; false where the input is not exactly that many bytes of zstd.</summary>
    internal static bool TryDecode(ReadOnlySpan<byte> input, Span<byte> output)
    {
        // An error is a number near the top of the range (ZSTD_isError), which no output has as its length.
        fixed (byte* from = input, to = output) { return s_decompress(to, (nuint)output.Length, from, (nuint)input.Length) == (nuint)output.Length; }
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
