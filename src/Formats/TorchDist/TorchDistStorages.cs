using System.Numerics;
using Ckpt.Formats.Torch;
using Ckpt.Shared;

namespace Ckpt.Formats.TorchDist;

/// <summary>The streams of a <c>.metadata</c> file, by entry and first element.</summary>
sealed class TorchDistStorages
{
    readonly Dictionary<TorchDistChunkKey, TorchDistStorage> _byKey;

    internal TorchDistStorages(int count) => (_byKey, Names) = (new(count), []);

    /// <summary>The entries that have a stream.</summary>
    internal HashSet<string> Names { get; }

    internal void Add(string name, long[]? offset, TorchDistStorage storage)
    {
        // The same key twice: in Python's dict the last one counts.
        _byKey[new(name, offset)] = storage;
        Names.Add(name);
    }

    internal bool TryFind(string name, long[]? offset, out TorchDistStorage storage) => _byKey.TryGetValue(new(name, offset), out storage);
}

/// <summary>Reads <c>storage_data</c>.</summary>
readonly struct TorchDistStorageParser(string where)
{
    const string Zstandard = "stream.zstd/1";

    internal TorchDistStorages Parse(PickleDict entries)
    {
        var storages = new TorchDistStorages(entries.Items.Count);
        foreach (var (key, value) in entries.Items)
        {
            if (key is not PickleObject { Attributes: { } index } || index.Find("fqn") is not PickleString { Value: var name })
            {
                throw TorchDistMetadataFault.Kind(where, "a key of storage_data", key);
            }
            // Of a bytes entry the offset is absent, or None.
            var place = index.Find("offset");
            var offset = place is null or PickleNone ? null : TorchSize.TryRead(place) ?? throw TorchDistMetadataFault.Kind(where, $"offset of {name} in storage_data", place);
            storages.Add(name, offset, Storage(name, value));
        }
        return storages;
    }

    TorchDistStorage Storage(string name, PickleNode value)
    {
        if (value is not PickleObject { Attributes: { } info } made || TorchDistMetadataParser.Last(made.ClassName ?? "") != "_StorageInfo")
        {
            throw TorchDistMetadataFault.StorageKind(where, name, value);
        }
        var isPacked = IsPacked(name, info.Find("transform_descriptors"));
        if (info.Find("relative_path") is not PickleString { Value: var path }) { throw TorchDistMetadataFault.Kind(where, $"file of {name}", info.Find("relative_path")); }
        if (!IsInside(path)) { throw TorchDistMetadataFault.Path(where, name, path); }
        var offset = Int(name, info.Find("offset"));
        var length = Int(name, info.Find("length"));
        if (offset < 0 || length < 0 || offset + length > long.MaxValue) { throw TorchDistMetadataFault.Range(where, name, offset, length); }
        return new TorchDistStorage(path, (long)offset, (long)length, isPacked);
    }

    /// <summary>Whether a stream is compressed by zstandard, the one transform that torch has.</summary>
    bool IsPacked(string name, PickleNode? descriptors)
    {
        IReadOnlyList<PickleNode> items = descriptors switch
        {
            null or PickleNone => [],
            PickleList list => list.Items,
            PickleTuple tuple => tuple.Items,
            var other => [other],
        };
        if (items.Count == 0) { return false; }
        if (items is [PickleString { Value: Zstandard }]) { return Zstd.IsPresent ? true : throw TorchDistMetadataFault.NoLibrary(where, name); }
        throw TorchDistMetadataFault.Transformed(where, name, string.Join(", ", items.Select(static node => node is PickleString text ? text.Value : PickleThrow.Kind(node))));
    }

    BigInteger Int(string name, PickleNode? node) =>
        node is PickleInt { Value: var value } ? value : throw TorchDistMetadataFault.Kind(where, $"range of {name}", node);

    /// <summary>Whether a path is relative and stays below where it starts, on any system.</summary>
    static bool IsInside(string path) =>
        path.Length > 0 && path.IndexOfAny(['\\', ':', '\0']) < 0 && !path.Split('/').Any(part => part is "" or "." or "..");
}
