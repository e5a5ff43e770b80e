using System.Buffers.Binary;
using Ckpt.Formats.IO;

namespace Ckpt.Sharding.Quantised;

/// <summary>Reads zero points: an int8 for each block, or fewer bits packed into words of 32 along the rows of scales.</summary>
sealed class ZeroPointReader(QuantisedTensor tensor, IByteSource source)
{
    readonly long _columns = tensor.Grid.ScaleColumns;

    /// <summary>The zero points of a stretch of one row of scales.</summary>
    internal void Read(long row, long column, Span<float> values)
    {
        Span<byte> bytes = stackalloc byte[1024];
        var bits = tensor.ZeroPointBits;
        var size = bits == 0 ? 1 : 4;
        var perWord = bits == 0 ? 1 : 32 / bits;
        var start = (row / perWord * _columns) + column;
        var shift = (int)(row % perWord) * bits;
        for (var done = 0; done < values.Length;)
        {
            var part = values.Slice(done, Math.Min(bytes.Length / size, values.Length - done));
            var raw = bytes[..(part.Length * size)];
            source.ReadExactly((start + done) * size, raw);
            for (var i = 0; i < part.Length; i++)
            {
                // Packed values are unsigned: half the range is added to each, as to the codes.
                part[i] = bits == 0
                    ? (sbyte)raw[i]
                    : (int)(BinaryPrimitives.ReadUInt32LittleEndian(raw[(4 * i)..]) >> shift & ((1u << bits) - 1)) - (1 << (bits - 1));
            }
            done += part.Length;
        }
    }
}
