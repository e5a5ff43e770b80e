using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats.IO;

namespace Ckpt.Formats.Torch;

/// <summary>
/// A file of torch before 1.6, or of <c>_use_new_zipfile_serialization=False</c>: five pickles one after another, then the storages, each
/// behind its number of elements. Source: torch/serialization.py _legacy_save, _legacy_load.
/// </summary>
sealed class TorchSequence
{
    const int Protocol = 1001;
    static readonly PickleLimits s_small = new() { Nodes = 1000, Marks = 100, TextBytes = 1 << 16 };

    readonly IByteSource _source;
    readonly PickleCursor _cursor;
    readonly List<PicklePersistentId> _references = [];

    TorchSequence(IByteSource source) => (_source, _cursor) = (source, new PickleCursor(source));

    /// <summary>Reads the pickles and the lengths between the storages.</summary>
    internal static (PickleNode Root, Dictionary<string, TorchPlace> Storages) Read(IByteSource source, PickleLimits limits)
    {
        var file = new TorchSequence(source);
        var root = file.ReadPickles(limits);
        return (root, file.Storages(new PickleMachine(file._cursor, limits, null, alone: false).Run()!));
    }

    PickleNode ReadPickles(PickleLimits limits)
    {
        Small(); // the magic number, by which the file was recognised
        if (Small() is not PickleInt { Value: var protocol } || protocol != Protocol) { Throw.Head(_source.Name, $"the protocol is not {Protocol}"); }
        var system = Small() as PickleDict;
        if (system?.Find("little_endian") is not PickleBool { Value: true }) { Throw.ByteOrder(_source.Name); }
        return new PickleMachine(_cursor, limits, null, alone: false) { References = _references }.Run()!;
    }

    PickleNode Small() => new PickleMachine(_cursor, s_small, null, alone: false).Run()!;

    /// <summary>The storages lie in the order of the list of their keys; how long an element is, only the tensors say.</summary>
    Dictionary<string, TorchPlace> Storages(PickleNode keys)
    {
        if (keys is not PickleList { Items: var listed }) { Throw.Keys(_source.Name, $"{PickleThrow.Kind(keys)} in place of the list of storages"); return []; }
        var sizes = ElementSizes();
        var places = new Dictionary<string, TorchPlace>(listed.Count);
        Span<byte> count = stackalloc byte[8];
        var at = _cursor.Position;
        foreach (var node in listed)
        {
            if (node is not PickleString { Value: var key } || !sizes.TryGetValue(key, out var size)) { Throw.Keys(_source.Name, "a storage is listed that no tensor has"); return []; }
            if (_source.Length - at < count.Length) { Throw.PastEnd(_source.Name, key, at, "its length"); }
            _source.ReadExactly(at, count);
            at += count.Length;
            var elements = BitConverter.ToInt64(count);
            if (elements < 0 || elements > (_source.Length - at) / size) { Throw.PastEnd(_source.Name, key, at, $"{elements} elements of {size} bytes"); }
            if (!places.TryAdd(key, new TorchPlace(at, elements * size))) { Throw.Keys(_source.Name, "a storage is listed twice"); }
            at += elements * size;
        }
        return places;
    }

    Dictionary<string, int> ElementSizes()
    {
        var sizes = new Dictionary<string, int>();
        foreach (var reference in _references)
        {
            // What is no storage is refused by whoever reads the tensor.
            if (reference.Id is not PickleTuple { Items: { Count: >= 5 } id } || id[1] is not PickleGlobal type || id[2] is not PickleString key) { continue; }
            // torch before 0.4 could save a storage as part of another.
            if (id.Count > 5 && id[5] is not PickleNone) { Throw.View(_source.Name); }
            if (!TorchStorages.TryElementSize(type.FullName, out var size)) { Throw.Storage(_source.Name, type.FullName); }
            if (!sizes.TryAdd(key.Value, size) && sizes[key.Value] != size) { Throw.Keys(_source.Name, "a storage has elements of two sizes"); }
        }
        return sizes;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Head(string where, string what) => throw new MalformedCheckpointException("TOR-6.1", where, what);

        [DoesNotReturn]
        internal static void ByteOrder(string where) => throw new UnsupportedCheckpointException(
            "TOR-6.1", where, "written on a machine that is not little-endian, or does not say so");

        [DoesNotReturn]
        internal static void Keys(string where, string what) => throw new MalformedCheckpointException("TOR-6.2", where, what);

        [DoesNotReturn]
        internal static void PastEnd(string where, string key, long at, string what) => throw new MalformedCheckpointException(
            "TOR-6.2", where, $"storage {Quoted.Name(key)} at byte {at}: {what} reach past the end of the file");

        [DoesNotReturn]
        internal static void View(string where) => throw new UnsupportedCheckpointException(
            "TOR-6.2", where, "a storage that is part of another, as torch before 0.4 wrote them");

        [DoesNotReturn]
        internal static void Storage(string where, string name) => throw new UnsupportedCheckpointException(
            "TOR-5.2", where, $"elements of {name} are not read");
    }
}
