using System.Buffers;
using System.Security.Cryptography;
using Ckpt.Formats.IO;
using Ckpt.Sharding.Running;

namespace Ckpt.Verify.Doctoring;

/// <summary>Sums over whole files, read in blocks.</summary>
static class FileDigests
{
    const int BlockBytes = 1 << 20;

    /// <summary>A file's CRC-32, as if it began with other bytes than it does.</summary>
    /// <param name="path">The file.</param>
    /// <param name="begin">What it began with before it was repaired; empty: nothing was.</param>
    /// <param name="progress">Told of the bytes read.</param>
    /// <param name="cancel">Ends it.</param>
    internal static uint Crc(string path, byte[] begin, IRunProgress progress, CancellationToken cancel)
    {
        var crc = Crc32.Of(begin);
        Read(path, begin.Length, bytes => crc = Crc32.Append(crc, bytes.Span), progress, cancel);
        return crc;
    }

    /// <summary>A file's SHA-256, in small hexadecimal digits.</summary>
    internal static string Sha256(string path, IRunProgress progress, CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Read(path, 0, bytes => hash.AppendData(bytes.Span), progress, cancel);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>A part's CRC-32.</summary>
    internal static uint Crc(IByteSource source, long offset, long length, CancellationToken cancel)
    {
        var crc = Crc32.Empty;
        Read(source, offset, length, bytes => crc = Crc32.Append(crc, bytes.Span), cancel);
        return crc;
    }

    static void Read(string path, long offset, Action<ReadOnlyMemory<byte>> take, IRunProgress progress, CancellationToken cancel)
    {
        using var source = new FileByteSource(path);
        Read(source, offset, Math.Max(0, source.Length - offset), bytes => { take(bytes); progress.Advance(bytes.Length); }, cancel);
    }

    static void Read(IByteSource source, long offset, long length, Action<ReadOnlyMemory<byte>> take, CancellationToken cancel)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BlockBytes);
        for (var done = 0L; done < length;)
        {
            cancel.ThrowIfCancellationRequested();
            var part = buffer.AsMemory(0, (int)Math.Min(BlockBytes, length - done));
            source.ReadExactly(offset + done, part.Span);
            take(part);
            done += part.Length;
        }
        ArrayPool<byte>.Shared.Return(buffer);
    }
}
