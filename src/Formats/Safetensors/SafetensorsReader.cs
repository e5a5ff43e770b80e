using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.Safetensors;

/// <summary>
/// A safetensors file, or the files of a Hugging Face folder, opened for reading. Headers and the index are read when it is
/// opened; a file is opened again at the first read of its data.
/// </summary>
public sealed class SafetensorsReader : ICheckpointReader
{
    readonly LazyFileByteSource[] _sources;
    readonly SafetensorsHeader[] _headers;

    SafetensorsReader(string path, string folder, IReadOnlyList<FileEntry> files, SafetensorsHeader[] headers, IReadOnlyList<string> warnings)
    {
        (Path, Files, Warnings) = (path, files, warnings);
        _headers = headers;
        _sources = [.. files.Select(f => new LazyFileByteSource(System.IO.Path.Combine(folder, f.Path), f.Length))];
        Tensors = List(headers);
    }

    public string Format => "safetensors";

    public string Path { get; }

    public IReadOnlyList<FileEntry> Files { get; }

    public IReadOnlyList<TensorInfo> Tensors { get; }

    public IReadOnlyList<ObjectInfo> Objects => [];

    /// <summary>What was accepted although it is not as it should be, and which files were passed over.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>Opens a <c>.safetensors</c> file, an index, or a folder that holds either.</summary>
    /// <exception cref="CheckpointException">The files break a clause of SFT.</exception>
    /// <exception cref="FileNotFoundException">There is nothing at the path.</exception>
    public static SafetensorsReader Open(string path)
    {
        if (Directory.Exists(path))
        {
            var names = Directory.EnumerateFiles(path).Select(f => System.IO.Path.GetFileName(f)!);
            return Open(path, path, SafetensorsFolder.Choose(names, path));
        }
        if (!File.Exists(path)) { throw new FileNotFoundException($"{path}: no such file or folder", path); }

        var name = System.IO.Path.GetFileName(path);
        var isIndex = name.EndsWith(".json", StringComparison.OrdinalIgnoreCase);
        var choice = isIndex ? new SafetensorsFolder(name, [], [], []) : new SafetensorsFolder(null, [name], [], []);
        return Open(path, System.IO.Path.GetDirectoryName(path) ?? "", choice);
    }

    /// <summary>Reads the header of one file, wherever its bytes are.</summary>
    /// <exception cref="CheckpointException">The bytes break a clause of SFT.</exception>
    public static SafetensorsHeader ReadHeader(IByteSource source)
    {
        Span<byte> prefix = stackalloc byte[(int)Math.Min(SafetensorsPrefix.Size, source.Length)];
        source.ReadExactly(0, prefix);
        var length = SafetensorsPrefix.HeaderLength(prefix, source.Length, source.Name);
        var header = GC.AllocateUninitializedArray<byte>(length);
        source.ReadExactly(SafetensorsPrefix.Size, header);
        return SafetensorsParser.Parse(header, source.Length, source.Name);
    }

    public BoxPayload Locate(TensorInfo tensor, int box)
    {
        var stored = tensor.Boxes[box];
        return new BoxPayload(_sources[stored.File], stored.Offset, tensor.Shape.RowMajorStrides());
    }

    public JsonObject Describe()
    {
        var files = new JsonArray();
        for (var file = 0; file < _headers.Length; file++)
        {
            var metadata = new JsonObject();
            foreach (var (key, value) in _headers[file].Metadata) { metadata.Add(key, value); }
            files.Add(new JsonObject
            {
                ["path"] = Files[file].Path,
                ["bytes"] = Files[file].Length,
                ["tensors"] = _headers[file].Tensors.Count,
                ["metadata"] = metadata,
            });
        }
        return new JsonObject { ["format"] = Format, ["files"] = files, ["warnings"] = new JsonArray([.. Warnings.Select(w => JsonValue.Create(w))]) };
    }

    public void Dispose()
    {
        foreach (var source in _sources) { source.Dispose(); }
    }

    static SafetensorsReader Open(string path, string folder, SafetensorsFolder choice)
    {
        var where = choice.Index is null ? path : System.IO.Path.Combine(folder, choice.Index);
        var index = choice.Index is null ? null : ReadIndex(folder, where);
        var names = index?.Files ?? choice.Files;
        var files = new FileEntry[names.Count];
        var headers = new SafetensorsHeader[names.Count];
        for (var file = 0; file < files.Length; file++)
        {
            using var source = new FileByteSource(System.IO.Path.Combine(folder, names[file]));
            headers[file] = ReadHeader(source);
            files[file] = new FileEntry(names[file], source.Length);
        }
        return new SafetensorsReader(path, folder, files, headers, SafetensorsSet.Check(choice, index, files, headers, where));
    }

    static SafetensorsIndex ReadIndex(string folder, string where)
    {
        using var source = new FileByteSource(where);
        if (source.Length > SafetensorsIndexParser.MaxLength) { Throw.IndexTooLong(where, source.Length); }
        var text = new byte[source.Length];
        source.ReadExactly(0, text);
        var index = SafetensorsIndexParser.Parse(text, where);
        var missing = Enumerable.Range(0, index.Files.Count).Where(file => !File.Exists(System.IO.Path.Combine(folder, index.Files[file]))).ToHashSet();
        if (missing.Count > 0) { Throw.Missing(where, index, missing); }
        return index;
    }

    /// <summary>Every tensor as one box of its file. Equal boxes are shared: a model has thousands of tensors and few shapes.</summary>
    static TensorInfo[] List(SafetensorsHeader[] headers)
    {
        var tensors = new TensorInfo[headers.Sum(h => h.Tensors.Count)];
        var wholes = new Dictionary<Shape, Box>();
        var next = 0;
        for (var file = 0; file < headers.Length; file++)
        {
            foreach (var tensor in headers[file].Tensors)
            {
                if (!wholes.TryGetValue(tensor.Shape, out var whole)) { wholes.Add(tensor.Shape, whole = Box.Whole(tensor.Shape)); }
                var size = tensor.End - tensor.Begin;
                StoredBox[] boxes = size == 0 ? [] : [new StoredBox(whole, file, headers[file].DataOffset + tensor.Begin, size)];
                tensors[next++] = new TensorInfo(tensor.Name, tensor.DType, tensor.Shape, boxes);
            }
        }
        return tensors;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void IndexTooLong(string where, long length) => throw new MalformedCheckpointException(
            "SFT-5.1", where, $"an index of {length} bytes, {SafetensorsIndexParser.MaxLength} are allowed");

        [DoesNotReturn]
        internal static void Missing(string where, SafetensorsIndex index, HashSet<int> missing)
        {
            var names = missing.Order().Select(file => index.Files[file]).ToList();
            var tensors = index.FileOf.Values.Count(missing.Contains);
            throw new MalformedCheckpointException(
                "SFT-5.6", where, $"{missing.Count} of {index.Files.Count} files are missing, with {tensors} tensors: {Quoted.Names(names)}");
        }
    }
}
