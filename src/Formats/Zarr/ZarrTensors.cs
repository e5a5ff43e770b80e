using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.Zarr;

/// <summary>The arrays of a tree as tensors: each chunk a stored box, and where its elements lie once they are asked for.</summary>
sealed class ZarrTensors : IDisposable
{
    /// <summary>Decoded chunks that are kept, at least: neighbouring blocks of an output read the same ones.</summary>
    const long CacheBytes = 64 << 20;

    readonly string _root;
    readonly List<TensorInfo> _tensors = [];
    readonly Dictionary<string, Stored> _stored = new(StringComparer.Ordinal);
    readonly DecodedCache _cache;
    long _largestChunk;
    long _largestStored;
    long _largestBetween;
    long _decodedBytes;

    ZarrTensors(string root, IReadOnlyList<ZarrFoundArray> arrays)
    {
        _root = root;
        Files = new ZarrFiles(root);
        var metadata = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var array in arrays)
        {
            if (!metadata.TryGetValue(array.MetadataPath, out var file)) { metadata.Add(array.MetadataPath, file = Files.Add(array.MetadataPath, array.MetadataLength)); }
            Add(array, file);
        }
        // Two of the largest, as neighbouring blocks may straddle them, and never more than there is to decode.
        var capacity = Math.Min(_decodedBytes, Math.Max(CacheBytes, 2 * _largestChunk));
        _cache = new DecodedCache(capacity);
        Cost = _decodedBytes == 0 ? default : new ReadingCost(capacity, _largestChunk + _largestStored + _largestBetween);
    }

    /// <summary>Lists the chunks of arrays, and reads the indexes of shards.</summary>
    internal static ZarrTensors List(string root, IReadOnlyList<ZarrFoundArray> arrays) => new(root, arrays);

    internal ZarrFiles Files { get; }

    internal IReadOnlyList<TensorInfo> Tensors => _tensors;

    internal ReadingCost Cost { get; }

    internal BoxPayload Locate(TensorInfo tensor, int box)
    {
        if (!_stored.TryGetValue(tensor.Name, out var stored) || !ReferenceEquals(stored.Tensor, tensor)) { throw new ArgumentException($"{tensor.Name} is no tensor of {_root}", nameof(tensor)); }
        var chunk = tensor.Boxes[box];
        var name = Files.Entries[chunk.File].Path;
        if (chunk.File == stored.MetadataFile)
        {
            return new BoxPayload(new FillByteSource(name, stored.Array.Fill!, tensor.DType.ByteLength(chunk.Box.Volume)), 0, chunk.Box.Shape.RowMajorStrides());
        }
        var leaf = stored.Level.Leaf;
        var file = Files.Source(chunk.File);
        if (leaf.Pipeline.Codecs.Count > 0)
        {
            var decoded = new DecodedChunk(_cache, file, chunk.File, chunk.Offset, (int)chunk.Length, leaf, Endianness.UnitOf(tensor.DType));
            return new BoxPayload(decoded, 0, leaf.Strides);
        }
        return leaf.Pipeline.BigEndian
            ? new BoxPayload(new SwappedByteSource(file, chunk.Offset, leaf.Bytes, Endianness.UnitOf(tensor.DType)), 0, leaf.Strides)
            : new BoxPayload(file, chunk.Offset, leaf.Strides);
    }

    public void Dispose() => Files.Dispose();

    void Add(ZarrFoundArray found, int metadataFile)
    {
        var (array, level) = (found.Array, ZarrLevel.Of(found.Array));
        var boxes = new List<StoredBox>();
        var chunks = ZarrChunkFiles.List(_root, found);
        foreach (var chunk in chunks)
        {
            var origin = new long[chunk.Index.Length];
            for (var axis = 0; axis < origin.Length; axis++) { origin[axis] = chunk.Index[axis] * array.ChunkShape[axis]; }
            AddChunk(level, origin, Files.Add(chunk.Path, chunk.Length), 0, chunk.Length, array, metadataFile, boxes);
        }
        foreach (var gap in ZarrGaps.Of(array.Grid(), [.. chunks.Select(static c => c.Index)]))
        {
            if (array.Fill is null) { Throw.Missing(Path.Combine(_root, found.Folder), array.Keys.Of(gap.Offset), gap.Volume, chunks.Count); }
            boxes.Add(new StoredBox(Elements(gap, array), metadataFile, 0, 0));
        }
        var tensor = new TensorInfo(found.Name, array.DType, array.Shape, boxes);
        _tensors.Add(tensor);
        _stored.Add(found.Name, new Stored(tensor, array, level, metadataFile));
    }

    void AddChunk(ZarrLevel level, long[] origin, int file, long offset, long length, ZarrArray array, int metadataFile, List<StoredBox> boxes)
    {
        if (level.BoxAt(origin, array.Shape) is not { } box) { return; } // a shard may hold chunks that lie past the end
        if (level.Inner is { } inner) { AddShard(level, inner, origin, file, offset, length, array, metadataFile, boxes); return; }
        CheckLength(level, length, Files.Entries[file].Path, offset);
        if (level.Pipeline.Codecs.Count > 0)
        {
            (_largestChunk, _largestStored) = (Math.Max(_largestChunk, level.Bytes), Math.Max(_largestStored, length));
            if (level.Pipeline.Codecs.Count > 1) { _largestBetween = Math.Max(_largestBetween, ZarrDecoder.MostEncoded(level.Bytes)); }
            _decodedBytes = level.Bytes > long.MaxValue - _decodedBytes ? long.MaxValue : _decodedBytes + level.Bytes;
        }
        boxes.Add(new StoredBox(box, file, offset, length));
    }

    void AddShard(ZarrLevel level, ZarrLevel inner, long[] origin, int file, long offset, long length, ZarrArray array, int metadataFile, List<StoredBox> boxes)
    {
        var where = $"{Files.Entries[file].Path}, shard at byte {offset}";
        var at = new long[level.Grid.Length];
        foreach (var (place, bytes) in ReadIndex(level, file, offset, length, where))
        {
            var corner = (long[])origin.Clone();
            for (var i = 0; i < at.Length; i++) { corner[level.Axes[i]] += at[i] * inner.Sizes[level.Axes[i]]; }
            if (bytes >= 0) { AddChunk(inner, corner, file, offset + place, bytes, array, metadataFile, boxes); }
            else if (inner.BoxAt(corner, array.Shape) is { } box) { boxes.Add(new StoredBox(box, metadataFile, 0, 0)); }
            for (var i = at.Length - 1; i >= 0 && ++at[i] == level.Grid[i]; i--) { at[i] = 0; }
        }
    }

    (long Offset, long Length)[] ReadIndex(ZarrLevel level, int file, long offset, long length, string where)
    {
        UInt128 count = 1;
        foreach (var size in level.Grid) { count = count > int.MaxValue ? count : count * (ulong)size; }
        var sharding = level.Pipeline.Sharding!;
        var bytes = ZarrShardIndex.Length(count, sharding);
        var at = ZarrShardIndex.Offset(length, bytes, sharding, where);
        var index = new byte[bytes];
        Files.Source(file).ReadExactly(offset + at, index);
        return ZarrShardIndex.Parse(index, length, sharding, where);
    }

    /// <summary>ZAR-3.2, ZAR-3.5, ZAR-3.8: what is stored must be as long as the chunk, or fit for encoding it.</summary>
    static void CheckLength(ZarrLevel level, long length, string file, long offset)
    {
        var codecs = level.Pipeline.Codecs;
        if (ZarrDecoder.IsFixedLength(codecs))
        {
            var wanted = level.Bytes + (4 * codecs.Count);
            if (length != wanted) { Throw.Length(file, offset, length, wanted); }
        }
        if (codecs.Count == 0) { return; }
        if (level.Bytes > Array.MaxLength) { Throw.TooLarge(file, level.Bytes); }
        var most = ZarrDecoder.MostEncoded(codecs, level.Bytes);
        if (length > most || length > Array.MaxLength) { Throw.Longer(file, offset, length, level.Bytes, most); }
    }

    /// <summary>The elements of chunks that are not stored.</summary>
    static Box Elements(Box gap, ZarrArray array)
    {
        var (offset, size) = (new long[gap.Rank], new long[gap.Rank]);
        for (var axis = 0; axis < size.Length; axis++)
        {
            var end = gap.Offset[axis] + gap.Size[axis];
            offset[axis] = gap.Offset[axis] * array.ChunkShape[axis];
            size[axis] = (end == array.Grid()[axis] ? array.Shape[axis] : end * array.ChunkShape[axis]) - offset[axis];
        }
        return new Box(offset, size);
    }

    sealed record Stored(TensorInfo Tensor, ZarrArray Array, ZarrLevel Level, int MetadataFile);

    /// <summary>The elements of an encoded chunk.</summary>
    sealed class DecodedChunk(DecodedCache cache, IByteSource file, int number, long offset, int length, ZarrLevel level, int unit) : IByteSource
    {
        public string Name => file.Name;

        public long Length => level.Bytes;

        public void ReadExactly(long offset1, Span<byte> destination)
        {
            if (offset1 < 0 || offset1 > Length - destination.Length) { throw new EndOfStreamException($"{Name}: {destination.Length} bytes wanted at {offset1} of a chunk of {Length}"); }
            cache.Get(number, offset, Decode).AsSpan((int)offset1, destination.Length).CopyTo(destination);
        }

        public void WillNeed(long offset1, long length1) => file.WillNeed(offset, length);

        byte[] Decode()
        {
            var encoded = GC.AllocateUninitializedArray<byte>(length);
            file.ReadExactly(offset, encoded);
            var bytes = ZarrDecoder.Decode(level.Pipeline.Codecs, encoded, (int)level.Bytes, $"{Name}, chunk at byte {offset}");
            if (level.Pipeline.BigEndian) { Endianness.Swap(bytes, unit); }
            return bytes;
        }
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Missing(string where, string key, long missing, int there) => throw new MalformedCheckpointException(
            "ZAR-3.3", where, $"chunk {key} and {missing - 1} beside it are missing ({there} are there), and fill_value is null: the save was interrupted, or the copy is incomplete");

        [DoesNotReturn]
        internal static void Length(string where, long offset, long found, long wanted) => throw new MalformedCheckpointException(
            "ZAR-3.2", where, $"the chunk at byte {offset} has {found} bytes, its shape and type say {wanted}");

        [DoesNotReturn]
        internal static void Longer(string where, long offset, long found, long chunk, long most) => throw new MalformedCheckpointException(
            "ZAR-3.5", where, $"the chunk at byte {offset} has {found} bytes; one of {chunk} is encoded in {most} at most");

        [DoesNotReturn]
        internal static void TooLarge(string where, long bytes) => throw new UnsupportedCheckpointException(
            "ZAR-3.8", where, $"an encoded chunk of {bytes} bytes; encoded ones are read up to {Array.MaxLength}");
    }
}
