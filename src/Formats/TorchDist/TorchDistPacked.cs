using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;
using Ckpt.Shared;

namespace Ckpt.Formats.TorchDist;

/// <summary>Streams that are compressed by zstandard: decoded whole when they are read, those used last kept. May be used from several threads.</summary>
sealed class TorchDistPacked(TorchDistFiles files)
{
    // What a torch.save file has besides the elements: pickle, records, alignment.
    const int Around = 1 << 20;
    const long LeastKept = 64 << 20;
    const int LongestObject = 1 << 28;

    readonly HashSet<(int File, long Offset)> _streams = [];
    DecodedCache? _cache;
    long _largest;

    /// <summary>Notes a stream.</summary>
    /// <param name="file">Its file.</param>
    /// <param name="storage">Where it lies.</param>
    /// <param name="bytes">Bytes of its elements.</param>
    internal void Add(int file, in TorchDistStorage storage, long bytes)
    {
        _streams.Add((file, storage.Offset));
        // One that is longer than an array is refused when it is read, and needs no memory.
        if (bytes <= Array.MaxLength - Around && storage.Length <= Array.MaxLength) { _largest = Math.Max(_largest, bytes + Around + storage.Length); }
    }

    /// <summary>Whether the stream that starts there is compressed.</summary>
    internal bool Holds(int file, long offset) => _streams.Count > 0 && _streams.Contains((file, offset));

    /// <summary>The cache, and while a thread decodes one, the largest stream, compressed and not.</summary>
    internal ReadingCost ReadingCost => _streams.Count == 0 ? default : new ReadingCost(Kept, _largest);

    /// <summary>A stream is read block by block: what does not stay is decoded for each.</summary>
    long Kept => Math.Max(LeastKept, 2 * _largest);

    /// <summary>A tensor's stream as it was before.</summary>
    /// <exception cref="CheckpointException">TDC-2.20: it is no zstandard, or more than a tensor of this size takes; TDC-2.12: too long.</exception>
    internal IByteSource Stream(in StoredBox stored, TensorInfo tensor)
    {
        var (file, offset, length) = (stored.File, stored.Offset, stored.Length);
        var bytes = tensor.DType.ByteLength(stored.Box.Volume);
        if (bytes > Array.MaxLength - Around || length > Array.MaxLength) { Throw.TooLong(tensor.Name, Math.Max(bytes, length)); }
        var most = (int)bytes + Around;
        var cache = LazyInitializer.EnsureInitialized(ref _cache, () => new DecodedCache(Kept));
        var name = $"{files.Entries[file].Path}, stream of {tensor.Name} {stored.Box} at byte {offset}";
        return new Decoded(name, () => cache.Get(file, offset, () => Decode(file, offset, (int)length, most, name)));
    }

    /// <summary>An object's stream as it was before.</summary>
    internal MemoryByteSource Object(in ObjectInfo item)
    {
        var name = $"{files.Entries[item.File].Path}, object {item.Name} at byte {item.Offset}";
        if (item.Length > LongestObject) { Throw.TooLong(item.Name, item.Length); }
        return new MemoryByteSource(name, Decode(item.File, item.Offset, (int)item.Length, LongestObject, name));
    }

    byte[] Decode(int file, long offset, int length, int most, string name)
    {
        var packed = new byte[length];
        files.Open(file).ReadExactly(offset, packed);
        // torch's writer does not announce the length; where it is announced nothing is allocated for a lie.
        if (Zstd.AnnouncedLength(packed) is { } announced)
        {
            if (announced < 0 || announced > most) { Throw.Broken(name, length, most); }
            var exact = new byte[announced];
            return Zstd.TryDecode(packed, exact) ? exact : Grown(packed, most, name);
        }
        return Grown(packed, most, name);
    }

    /// <summary>Decodes what does not say how long it becomes, or consists of several frames: into ever larger buffers.</summary>
    static byte[] Grown(byte[] packed, int most, string name)
    {
        for (var size = Math.Min(most, Math.Max(1 << 16, 4L * packed.Length)); ; size = Math.Min(most, size * 8))
        {
            var buffer = GC.AllocateUninitializedArray<byte>((int)size);
            var made = Zstd.Decode(packed, buffer);
            if (made >= 0) { return buffer[..made]; }
            if (size == most) { Throw.Broken(name, packed.Length, most); }
        }
    }

    /// <summary>Bytes that are decoded when they are read.</summary>
    sealed class Decoded(string name, Func<byte[]> bytes) : IByteSource
    {
        public string Name => name;

        public long Length => bytes().Length;

        public void ReadExactly(long offset, Span<byte> destination)
        {
            var all = bytes();
            if (offset < 0 || offset > all.Length - destination.Length) { throw new EndOfStreamException($"{name}: {destination.Length} bytes wanted at {offset}, there are {all.Length}"); }
            all.AsSpan((int)offset, destination.Length).CopyTo(destination);
        }
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void TooLong(string name, long length) => throw new UnsupportedCheckpointException(
            "TDC-2.12", name, $"is compressed and takes {length} bytes; streams are decoded whole, tensors of up to {Array.MaxLength - Around} bytes and objects of {LongestObject}");

        [DoesNotReturn]
        internal static void Broken(string name, int length, int most) => throw new MalformedCheckpointException(
            "TDC-2.20", name, $"its {length} bytes are no zstandard, cut short, or decode to more than {most} bytes");
    }
}
