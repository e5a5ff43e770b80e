using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.Zarr;

/// <summary>Lays out the files of arrays: a file of metadata, and a file for each chunk or shard. Pure.</summary>
sealed class ZarrArrayLayout
{
    readonly int _tensor;
    readonly TensorTarget _target;
    readonly ZarrArray _array;
    readonly ZarrLevel _level;
    readonly ZarrLevel _leaf;
    readonly string _folder;
    readonly int _unit;
    readonly IReadOnlyList<int>? _order;
    readonly string _encoding;

    ZarrArrayLayout(int tensor, TensorTarget target, ZarrArray array, string folder)
    {
        (_tensor, _target, _array, _folder) = (tensor, target, array, folder);
        _level = ZarrLevel.Of(array);
        _leaf = _level.Leaf;
        _unit = Endianness.UnitOf(target.DType);
        _order = _leaf.Pipeline.Order;
        _encoding = $"{(_leaf.Pipeline.BigEndian ? "big-endian " : "")}{string.Join(' ', _leaf.Pipeline.Codecs)}";
    }

    /// <summary>The array that a target becomes under options; its boxes must be a regular grid.</summary>
    internal static ZarrArray ArrayOf(TensorTarget target, ZarrWriterOptions options)
    {
        if (ZarrDTypes.V2Name(target.DType) is null) { Throw.DType(target); }
        var chunk = ZarrGrid.Of(target.Shape, target.Boxes) ?? Throw.Grid(target);
        int[]? order = options.ColumnMajor && chunk.Rank > 1 ? [.. Enumerable.Range(0, chunk.Rank).Reverse()] : null;
        var pipeline = new ZarrPipeline(order, options.BigEndian && target.DType.ByteSize() > 1, null, options.Codecs);
        var outer = chunk;
        if (options.ShardBytes > 0)
        {
            outer = ZarrGrid.ShardShape(target.Shape, chunk, target.DType, options.ShardBytes);
            pipeline = new ZarrPipeline(null, false, new ZarrSharding(chunk, pipeline, false, true, false), []);
        }
        var isV2 = options.Version == ZarrVersion.V2;
        return new ZarrArray((int)options.Version, target.Shape, outer, target.DType, new ZarrChunkKeys(options.Separator ?? (isV2 ? '.' : '/'), !isV2), pipeline, null);
    }

    /// <summary>The chunk files of a target.</summary>
    /// <param name="tensor">Its index among all.</param>
    /// <param name="target">The target.</param>
    /// <param name="array">What it becomes.</param>
    /// <param name="folder">The array's folder.</param>
    internal static IEnumerable<FileLayout> Chunks(int tensor, TensorTarget target, ZarrArray array, string folder)
    {
        var layout = new ZarrArrayLayout(tensor, target, array, folder);
        return layout._level.Inner is null ? layout.Plain() : layout.Shards();
    }

    /// <summary>A file that is known whole.</summary>
    internal static FileLayout Whole(string path, byte[] bytes) => new(path, bytes.Length, [], [new Frame(0, bytes.Length, -1, _ => bytes)]);

    IEnumerable<FileLayout> Plain()
    {
        for (var b = 0; b < _target.Boxes.Count; b++)
        {
            var box = _target.Boxes[b];
            if (box.Volume == 0) { continue; }
            var range = RangeOf(b, 0);
            var file = new FileLayout(PathOf(box.Offset), range.Length, [range], []);
            if (_leaf.Pipeline.Codecs.Count == 0 && ZarrChunkShaper.IsAsStored(_leaf, box, _unit)) { yield return file; continue; }
            CheckEncoded(_leaf.Bytes);
            yield return file with { Encode = new FileEncoding(_encoding, Most(1), Working(1), content => Stored(box, content)) };
        }
    }

    IEnumerable<FileLayout> Shards()
    {
        var members = new Dictionary<Shape, List<(int Box, int Place)>>();
        for (var b = 0; b < _target.Boxes.Count; b++)
        {
            if (_target.Boxes[b].Volume == 0) { continue; }
            var (corner, place) = PlaceOf(_target.Boxes[b]);
            if (!members.TryGetValue(corner, out var list)) { members.Add(corner, list = []); }
            list.Add((b, place));
        }
        foreach (var (corner, list) in members.OrderBy(static m => m.Value[0].Box))
        {
            list.Sort(static (a, b) => a.Place.CompareTo(b.Place));
            yield return Shard(PathOf(corner.Dims), list);
        }
    }

    FileLayout Shard(string path, List<(int Box, int Place)> members)
    {
        var chunks = (int)new Shape(_level.Grid).Count;
        var data = new List<DataRange>(members.Count);
        var places = new (long Offset, long Length)[chunks];
        Array.Fill(places, (0, -1));
        var (end, isPlain) = (0L, _leaf.Pipeline.Codecs.Count == 0);
        foreach (var (box, place) in members)
        {
            var range = RangeOf(box, end);
            data.Add(range);
            places[place] = (end, range.Length);
            end += range.Length;
            isPlain &= ZarrChunkShaper.IsAsStored(_leaf, _target.Boxes[box], _unit);
        }
        if (isPlain)
        {
            var index = ZarrShardText.Of(places);
            return new FileLayout(path, end + index.Length, data, [new Frame(end, index.Length, -1, _ => index)]);
        }
        CheckEncoded(members.Count * _leaf.Bytes);
        var most = Most(members.Count) + ZarrShardText.Length(chunks);
        return new FileLayout(path, end, data, []) { Encode = new FileEncoding($"shard of {_encoding}", most, Working(members.Count), content => StoredShard(members, chunks, content)) };
    }

    ReadOnlyMemory<byte> Stored(Box box, ReadOnlyMemory<byte> content) =>
        ZarrEncoder.Encode(_leaf.Pipeline.Codecs, ZarrChunkShaper.Chunk(_leaf, box, content, _target.DType.ByteSize(), _unit), _target.DType.ByteSize());

    ReadOnlyMemory<byte> StoredShard(List<(int Box, int Place)> members, int chunks, ReadOnlyMemory<byte> content)
    {
        var places = new (long Offset, long Length)[chunks];
        Array.Fill(places, (0, -1));
        var shard = new MemoryStream();
        foreach (var (number, place) in members)
        {
            var box = _target.Boxes[number];
            var length = (int)_target.DType.ByteLength(box.Volume);
            var stored = Stored(box, content[..length]);
            places[place] = (shard.Length, stored.Length);
            shard.Write(stored.Span);
            content = content[length..];
        }
        shard.Write(ZarrShardText.Of(places));
        return shard.GetBuffer().AsMemory(0, (int)shard.Length);
    }

    DataRange RangeOf(int box, long offset) =>
        new(offset, _target.DType.ByteLength(_target.Boxes[box].Volume), _tensor, box) { Order = _order };

    string PathOf(ReadOnlySpan<long> offset)
    {
        var index = new long[offset.Length];
        for (var axis = 0; axis < index.Length; axis++) { index[axis] = offset[axis] / _array.ChunkShape[axis]; }
        return $"{_folder}/{_array.Keys.Of(index)}";
    }

    /// <summary>The corner of the shard that a chunk lies in, and its place there.</summary>
    (Shape Corner, int Place) PlaceOf(Box box)
    {
        var corner = new long[box.Rank];
        var place = 0L;
        for (var axis = 0; axis < corner.Length; axis++)
        {
            corner[axis] = box.Offset[axis] / _array.ChunkShape[axis] * _array.ChunkShape[axis];
            place = (place * _level.Grid[axis]) + ((box.Offset[axis] - corner[axis]) / _leaf.Sizes[axis]);
        }
        return (new Shape(corner), (int)place);
    }

    long Most(int chunks) => chunks * ZarrEncoder.MostEncoded(_leaf.Pipeline.Codecs, _leaf.Bytes);

    /// <summary>What is made, a padded chunk or a growing shard before it, and the compressor's own tables.</summary>
    long Working(int chunks) => (2 * Most(chunks)) + ZarrEncoder.TableBytes(_leaf.Pipeline.Codecs);

    void CheckEncoded(long bytes)
    {
        if (bytes > FileEncoding.MaxContent) { Throw.TooLarge(_target, bytes); }
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void DType(TensorTarget target) => throw new UnsupportedCheckpointException("ZAR-6.2", target.Name, $"{target.DType.DisplayName()} cannot be written to zarr");

        [DoesNotReturn]
        internal static Shape Grid(TensorTarget target) => throw new LayoutException(
            "ZAR-6.3", target.Name, $"its {target.Boxes.Count} boxes are no regular grid over {target.Shape}; zarr has chunks of one shape");

        [DoesNotReturn]
        internal static void TooLarge(TensorTarget target, long bytes) => throw new LayoutException(
            "ZAR-6.4", target.Name, $"a chunk or shard of {bytes} bytes would be encoded in memory; up to {FileEncoding.MaxContent} are, so choose smaller chunks or none that need it");
    }
}
