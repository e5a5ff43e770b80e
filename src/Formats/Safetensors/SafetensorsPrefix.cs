using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Ckpt.Formats.Safetensors;

/// <summary>The eight bytes a safetensors file starts with: how long its header is.</summary>
static class SafetensorsPrefix
{
    internal const int Size = 8;

    /// <summary>The longest header a reader takes.</summary>
    internal const int MaxHeader = 100_000_000;

    /// <summary>Bytes of header that follow the prefix (rules 1 to 3).</summary>
    internal static int HeaderLength(ReadOnlySpan<byte> prefix, long fileLength, string where)
    {
        if (prefix.Length < Size || fileLength < Size) { Throw.NoPrefix(where, fileLength); }

        var announced = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (announced > MaxHeader) { Throw.HeaderTooLong(where, announced); }
        if (announced > (ulong)(fileLength - Size)) { Throw.HeaderPastEnd(where, announced, fileLength); }
        return (int)announced;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void NoPrefix(string where, long length) => throw new MalformedCheckpointException(
            "SFT-1.1", where, $"{length} bytes, but a safetensors file starts with the {Size} that say how long its header is");

        [DoesNotReturn]
        internal static void HeaderTooLong(string where, ulong announced) => throw new MalformedCheckpointException(
            "SFT-1.2", where, $"a header of {announced} bytes is announced, {MaxHeader} are allowed; this is no safetensors file, or a damaged one");

        [DoesNotReturn]
        internal static void HeaderPastEnd(string where, ulong announced, long fileLength) => throw new MalformedCheckpointException(
            "SFT-1.3", where, $"header ends at byte {announced + Size}, the file at byte {fileLength}");
    }
}
