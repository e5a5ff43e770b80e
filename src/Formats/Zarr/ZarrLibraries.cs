using System.Diagnostics.CodeAnalysis;
using Ckpt.Shared;

namespace Ckpt.Formats.Zarr;

/// <summary>The system's libraries that some codecs need.</summary>
static class ZarrLibraries
{
    /// <summary>Makes sure that what a codec needs is there.</summary>
    /// <exception cref="UnsupportedCheckpointException">ZAR-3.10: it is not; the message says what to install.</exception>
    internal static void Need(ZarrCodecKind kind, string where) => Need(kind, where, IsPresent);

    /// <summary>The same, on a system that has what <paramref name="isPresent"/> says.</summary>
    internal static void Need(ZarrCodecKind kind, string where, Predicate<ZarrCodecKind> isPresent)
    {
        if (!isPresent(kind)) { Throw.NotThere(where, kind, kind == ZarrCodecKind.Zstd ? "libzstd1" : "libblosc1"); }
    }

    static bool IsPresent(ZarrCodecKind kind) => kind switch
    {
        ZarrCodecKind.Zstd => Zstd.IsPresent,
        ZarrCodecKind.Blosc => Blosc.IsPresent,
        _ => true,
    };

    static class Throw
    {
        [DoesNotReturn]
        internal static void NotThere(string where, ZarrCodecKind kind, string package) => throw new UnsupportedCheckpointException(
            "ZAR-3.10", where, $"{kind} needs the system's {package}, which is not there; install it, as with: apt-get install {package}");
    }
}
