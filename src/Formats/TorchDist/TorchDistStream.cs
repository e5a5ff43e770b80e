using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;

namespace Ckpt.Formats.TorchDist;

/// <summary>Finds the tensor of a stream: by one small read where the stream is laid out as torch does, else through its directory.</summary>
static class TorchDistStream
{
    const int FrontLength = 2048;
    static readonly PickleLimits s_limits = new() { Nodes = 100_000, Marks = 100, TextBytes = 1 << 20 };

    /// <summary>Where the elements lie: byte of the file, and strides.</summary>
    /// <exception cref="CheckpointException">The stream is not the tensor that the index announces.</exception>
    /// <param name="file">The file.</param>
    /// <param name="stored">The box there.</param>
    /// <param name="tensor">The tensor it is of.</param>
    /// <param name="blobs">Files of the checkpoint that hold tensors as safetensors.</param>
    internal static (long Offset, long[] Strides) Locate(IByteSource file, in StoredBox stored, TensorInfo tensor, TorchDistBlobs blobs)
    {
        var where = $"{file.Name}, stream of {tensor.Name} {stored.Box} at byte {stored.Offset}";
        var stream = new SliceByteSource(file, stored.Offset, stored.Length, where);
        if (TryFront(stream) is { } front)
        {
            Check(front.Tensor, stored.Box, tensor, where);
            return (stored.Offset + front.DataOffset + FirstByte(front.Tensor), [.. front.Tensor.Strides]);
        }
        if (blobs.TryLocate(file, stored, tensor) is { } place) { return (place, stored.Box.Shape.RowMajorStrides()); }
        var opened = TorchFile.Open(stream, s_limits);
        if (!TorchTensor.IsTensor(opened.Root)) { throw new MalformedCheckpointException("TDC-3.1", where, $"holds {PickleThrow.Kind(opened.Root)}, the index announces a tensor"); }
        var found = opened.Tensor(opened.Root);
        Check(found, stored.Box, tensor, where);
        var payload = opened.Locate(found);
        return (stored.Offset + payload.Offset, payload.Strides);
    }

    static void Check(TorchTensor found, Box box, TensorInfo tensor, string where)
    {
        if (found.DType != tensor.DType)
        {
            throw new MalformedCheckpointException("TDC-3.2", where, $"holds {found.DType.DisplayName()}, the index announces {tensor.DType.DisplayName()}");
        }
        if (found.Shape != box.Shape) { throw new MalformedCheckpointException("TDC-3.3", where, $"holds a tensor of size {found.Shape}, the index announces {box.Shape}"); }
    }

    static long FirstByte(TorchTensor tensor) => tensor.StorageOffset * tensor.DType.ByteSize();

    /// <summary>
    /// Reads the front of a stream and lays out the archive that torch would write for the pickle found there. Where all bytes before the
    /// storage and the length of the whole are the same, the storage lies where it does in that layout; else null.
    /// </summary>
    static (TorchTensor Tensor, long DataOffset)? TryFront(SliceByteSource stream)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(FrontLength);
        try
        {
            var front = buffer.AsSpan(0, (int)Math.Min(FrontLength, stream.Length));
            stream.ReadExactly(0, front);
            if (Pickle(front, out var folder) is not { } pickle) { return null; }
            var root = PickleReader.Read(pickle, $"{stream.Name}, data.pkl", s_limits);
            if (!TorchTensor.IsTensor(root)) { return null; }
            var tensor = TorchTensor.Read(root, stream.Name);
            if (tensor.StorageKey != "0" || tensor.StorageBytes > stream.Length) { return null; }
            foreach (var era in (ReadOnlySpan<TorchEra>)[TorchEra.From27, TorchEra.UpTo26])
            {
                var layout = new TorchArchiveLayout(folder, pickle, [tensor.StorageBytes], era);
                if (layout.Length == stream.Length && front.StartsWith(layout.Head())) { return (tensor, layout.DataOffset(0)); }
            }
            return null;
        }
        finally { ArrayPool<byte>.Shared.Return(buffer); }
    }

    /// <summary>The bytes of data.pkl, if it is the first record and its descriptor confirms its length and checksum.</summary>
    static byte[]? Pickle(ReadOnlySpan<byte> front, out string folder)
    {
        folder = "";
        if (front.Length < 64 || BinaryPrimitives.ReadUInt32LittleEndian(front) != 0x04034B50) { return null; }
        var nameLength = BinaryPrimitives.ReadUInt16LittleEndian(front[26..]);
        var start = 30 + nameLength + BinaryPrimitives.ReadUInt16LittleEndian(front[28..]);
        if (start > front.Length) { return null; }
        var name = front.Slice(30, nameLength);
        if (!name.EndsWith("/data.pkl"u8) || !System.Text.Unicode.Utf8.IsValid(name)) { return null; }
        folder = Encoding.UTF8.GetString(name[..^"/data.pkl".Length]);
        var length = front[start..].IndexOf("PK\x07\x08"u8);
        if (length < 0 || front.Length - start - length < 16) { return null; }
        var pickle = front.Slice(start, length);
        var descriptor = front[(start + length)..];
        return BinaryPrimitives.ReadUInt32LittleEndian(descriptor[8..]) == length && BinaryPrimitives.ReadUInt32LittleEndian(descriptor[4..]) == Crc32.Of(pickle)
            ? pickle.ToArray() : null;
    }
}
