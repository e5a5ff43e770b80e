using System.Buffers.Binary;

namespace Ckpt.Data.Parquet;

/// <summary>Reads snappy's raw format (google/snappy <c>format_description.txt</c>).</summary>
static class Snappy
{
    /// <summary>Fills all of <paramref name="output"/>; false where the input is not exactly that many bytes of snappy.</summary>
    internal static bool TryDecode(ReadOnlySpan<byte> input, Span<byte> output)
    {
        var (at, done) = (0, 0);
        if (!TryLength(input, ref at, out var announced) || announced != (ulong)output.Length) { return false; }
        while (at < input.Length)
        {
            var tag = input[at++];
            var kind = tag & 3;
            if (kind == 0)
            {
                if (!TryLiteral(input, ref at, tag, out var length) || length > output.Length - done) { return false; }
                input.Slice(at - (int)length, (int)length).CopyTo(output[done..]);
                done += (int)length;
                continue;
            }
            var extra = kind == 3 ? 4 : kind;
            if (extra > input.Length - at) { return false; }
            var (count, back) = kind switch
            {
                1 => (4 + ((tag >> 2) & 7), (uint)((tag >> 5 << 8) | input[at])),
                2 => (1 + (tag >> 2), BinaryPrimitives.ReadUInt16LittleEndian(input[at..])),
                _ => (1 + (tag >> 2), BinaryPrimitives.ReadUInt32LittleEndian(input[at..])),
            };
            at += extra;
            if (!Copies.TryRepeat(output, ref done, back, count)) { return false; }
        }
        return done == output.Length;
    }

    // The cursor is left behind the literal's bytes.
    static bool TryLiteral(ReadOnlySpan<byte> input, ref int at, byte tag, out long length)
    {
        length = (tag >> 2) + 1;
        if (length > 60)
        {
            var bytes = (int)length - 60;
            if (bytes > input.Length - at) { return false; }
            length = 0;
            for (var i = 0; i < bytes; i++) { length |= (long)input[at++] << (8 * i); }
            length++;
        }
        if (length > input.Length - at) { return false; }
        at += (int)length;
        return true;
    }

    static bool TryLength(ReadOnlySpan<byte> input, ref int at, out ulong length)
    {
        length = 0;
        for (var shift = 0; shift < 35 && at < input.Length; shift += 7)
        {
            var next = input[at++];
            length |= (ulong)(next & 127) << shift;
            if (next < 128) { return true; }
        }
        return false;
    }
}
