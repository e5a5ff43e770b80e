using System.Buffers.Binary;

namespace Ckpt.Data.Parquet;

/// <summary>Reads an LZ4 block (lz4 <c>lz4_Block_format.md</c>), Parquet's LZ4_RAW.</summary>
static class Lz4
{
    const int ShortestMatch = 4;

    /// <summary>Fills all of <paramref name="output"/>; false where the input is not exactly that many bytes of LZ4.</summary>
    internal static bool TryDecode(ReadOnlySpan<byte> input, Span<byte> output)
    {
        var (at, done) = (0, 0);
        while (at < input.Length)
        {
            var token = input[at++];
            if (!TryLength(input, ref at, token >> 4, out var literals) || literals > input.Length - at || literals > output.Length - done) { return false; }
            input.Slice(at, (int)literals).CopyTo(output[done..]);
            (at, done) = (at + (int)literals, done + (int)literals);
            if (at == input.Length) { return done == output.Length; } // the last sequence has no match
            if (input.Length - at < sizeof(ushort)) { return false; }
            var back = BinaryPrimitives.ReadUInt16LittleEndian(input[at..]);
            at += sizeof(ushort);
            if (!TryLength(input, ref at, token & 15, out var match) || match > output.Length
                || !Copies.TryRepeat(output, ref done, back, (int)match + ShortestMatch)) { return false; }
        }
        return false;
    }

    static bool TryLength(ReadOnlySpan<byte> input, ref int at, int nibble, out long length)
    {
        length = nibble;
        if (nibble < 15) { return true; }
        while (at < input.Length)
        {
            var next = input[at++];
            length += next;
            if (next < 255) { return true; }
        }
        return false;
    }
}
