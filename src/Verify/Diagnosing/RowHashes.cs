using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using Ckpt.Formats.IO;
using Ckpt.Verify.Comparing;

namespace Ckpt.Verify.Diagnosing;

/// <summary>128 bits of SHA-256 of each row of a tensor: rows are equal where these are.</summary>
static class RowHashes
{
    /// <summary>Tensors of more rows are not looked into by rows, which bounds memory.</summary>
    internal const long MostRows = 1 << 22;

    const int BlockBytes = 1 << 20;

    internal static UInt128[] Of(IByteSource source, long rows, long rowBytes, CancellationToken cancel)
    {
        var hashes = new UInt128[rows];
        var perBlock = Math.Max(1, BlockBytes / Math.Max(1, rowBytes));
        OrderedParallel.For((rows + perBlock - 1) / perBlock, 0, block =>
        {
            var first = block * perBlock;
            var count = (int)Math.Min(perBlock, rows - first);
            var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(BlockBytes, count * rowBytes));
            if (rowBytes > BlockBytes) { hashes[first] = LongRow(source, first * rowBytes, rowBytes, buffer); }
            else
            {
                var bytes = buffer.AsSpan(0, (int)(count * rowBytes));
                source.ReadExactly(first * rowBytes, bytes);
                for (var i = 0; i < count; i++) { hashes[first + i] = Hash(bytes.Slice((int)(i * rowBytes), (int)rowBytes)); }
            }
            ArrayPool<byte>.Shared.Return(buffer);
        }, cancel);
        return hashes;
    }

    /// <summary>The hash of a row of zero bytes.</summary>
    internal static UInt128 OfZeros(long rowBytes)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var zeros = new byte[(int)Math.Min(BlockBytes, rowBytes)];
        for (var done = 0L; done < rowBytes; done += zeros.Length) { hash.AppendData(zeros.AsSpan(0, (int)Math.Min(zeros.Length, rowBytes - done))); }
        return Short(hash.GetHashAndReset());
    }

    static UInt128 LongRow(IByteSource source, long offset, long length, byte[] buffer)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var done = 0L; done < length;)
        {
            var part = buffer.AsSpan(0, (int)Math.Min(Math.Min(buffer.Length, BlockBytes), length - done));
            source.ReadExactly(offset + done, part);
            hash.AppendData(part);
            done += part.Length;
        }
        return Short(hash.GetHashAndReset());
    }

    static UInt128 Hash(ReadOnlySpan<byte> row)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(row, hash);
        return Short(hash);
    }

    static UInt128 Short(ReadOnlySpan<byte> hash) => BinaryPrimitives.ReadUInt128LittleEndian(hash);
}
