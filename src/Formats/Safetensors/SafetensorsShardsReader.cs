using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Ckpt.Formats.IO;
using Ckpt.Formats.Opening;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.TorchDist;

namespace Ckpt.Formats.Safetensors;

/// <summary>
/// Reads what torch's <c>HuggingFaceStorageWriter</c> writes from several processes: safetensors files with parts of tensors, their places in the
/// headers. Opening reads the headers.
/// </summary>
public sealed partial class SafetensorsShardsReader : ICheckpointReader
{
    /// <summary>Where the writer puts shards that it puts together beside.</summary>
    internal const string Folder = "sharded";

    readonly LazyFileByteSource[] _sources;

    SafetensorsShardsReader(string path, IReadOnlyList<FileEntry> files, IReadOnlyList<TensorInfo> tensors)
    {
        (Path, Files, Tensors) = (path, files, tensors);
        _sources = [.. files.Select(file => new LazyFileByteSource(System.IO.Path.Combine(path, file.Path), file.Length))];
    }

    public string Format => FormatNames.SafetensorsShards;

    public string Path { get; }

    public IReadOnlyList<FileEntry> Files { get; }

    public IReadOnlyList<TensorInfo> Tensors { get; }

    public IReadOnlyList<ObjectInfo> Objects => [];

    /// <summary>Opens a folder of shards.</summary>
    /// <exception cref="CheckpointException">A header breaks a clause of SFT, or the parts one of spec/torch-dist.md part 7.</exception>
    public static SafetensorsShardsReader Open(string path)
    {
        var names = Directory.EnumerateFiles(path).Select(static file => System.IO.Path.GetFileName(file)).Where(IsShard).Order(StringComparer.Ordinal).ToArray();
        if (names.Length == 0) { Throw.None(path); }
        var files = new FileEntry[names.Length];
        var wholes = new Dictionary<string, Whole>(StringComparer.Ordinal);
        var order = new List<Whole>();
        for (var file = 0; file < names.Length; file++)
        {
            using var source = new FileByteSource(System.IO.Path.Combine(path, names[file]), names[file]);
            files[file] = new FileEntry(names[file], source.Length);
            var header = SafetensorsReader.ReadHeader(source);
            var boxes = SafetensorsShardInfo.Boxes(header, names[file]);
            for (var i = 0; i < boxes.Length; i++)
            {
                var tensor = header.Tensors[i];
                if (!wholes.TryGetValue(tensor.Name, out var whole))
                {
                    wholes.Add(tensor.Name, whole = new Whole(tensor.Name, tensor.DType, new long[boxes[i].Rank]));
                    order.Add(whole);
                }
                whole.Add(tensor, boxes[i], file, header.DataOffset, names[file]);
            }
        }
        return new SafetensorsShardsReader(path, files, [.. order.Select(whole => whole.Info(path))]);
    }

    /// <summary>Whether a file is named as a shard: <c>shard-00001-model-00001-of-00002.safetensors</c>.</summary>
    internal static bool IsShard(string name) => ShardName().IsMatch(name);

    public BoxPayload Locate(TensorInfo tensor, int box)
    {
        var stored = tensor.Boxes[box];
        return new BoxPayload(_sources[stored.File], stored.Offset, stored.Box.Shape.RowMajorStrides());
    }

    public JsonObject Describe() => new()
    {
        ["format"] = Format,
        ["folder"] = Path,
        ["files"] = new JsonArray([.. Files.Select(static file => (JsonNode)new JsonObject { ["path"] = file.Path, ["bytes"] = file.Length })]),
        ["tensors"] = Tensors.Count,
    };

    public void Dispose()
    {
        foreach (var source in _sources) { source.Dispose(); }
    }

    /// <summary>A tensor that grows as its parts are found: it ends where the farthest does.</summary>
    sealed class Whole(string name, DType dtype, long[] size)
    {
        readonly List<StoredBox> _boxes = [];

        internal void Add(SafetensorsTensor part, Box box, int file, long data, string where)
        {
            if (part.DType != dtype || box.Rank != size.Length) { Throw.Unlike(where, part, dtype, size.Length); }
            if (dtype.ByteSize() == 0) { Throw.SubByte(where, part); }
            for (var axis = 0; axis < size.Length; axis++) { size[axis] = Math.Max(size[axis], box.Offset[axis] + box.Size[axis]); }
            if (part.End > part.Begin) { _boxes.Add(new StoredBox(box, file, data + part.Begin, part.End - part.Begin)); }
        }

        internal TensorInfo Info(string where)
        {
            UInt128 bytes = (UInt128)dtype.ByteSize();
            foreach (var dim in size)
            {
                bytes *= (ulong)Math.Max(1, dim);
                if (bytes > long.MaxValue) { throw TorchDistMetadataFault.TooLarge(where, name, size); }
            }
            var shape = new Shape(size);
            List<Box> boxes = [.. _boxes.Select(static stored => stored.Box)];
            TorchDistMetadataFault.Check(BoxTiling.Check(shape, boxes), where, name, shape, boxes);
            return new TensorInfo(name, dtype, shape, _boxes);
        }
    }

    [GeneratedRegex(@"\Ashard-[0-9]{5,9}-model-[0-9]{5,9}-of-[0-9]{5,9}\.safetensors\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex ShardName();

    static class Throw
    {
        [DoesNotReturn]
        internal static void None(string path) => throw new MalformedCheckpointException(
            "TDC-7.2", path, "holds no shard-…-model-…-of-….safetensors");

        [DoesNotReturn]
        internal static void Unlike(string where, SafetensorsTensor part, DType dtype, int axes) => throw new MalformedCheckpointException(
            "TDC-7.3", where, $"{Quoted.Name(part.Name)} is of {part.DType.DisplayName()} {part.Shape}; another part is of {dtype.DisplayName()} with {axes} axes");

        [DoesNotReturn]
        internal static void SubByte(string where, SafetensorsTensor part) => throw new UnsupportedCheckpointException(
            "TDC-7.3", where, $"{Quoted.Name(part.Name)} is of {part.DType.DisplayName()}; parts of tensors are read of whole bytes");
    }
}
