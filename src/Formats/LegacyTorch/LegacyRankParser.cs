using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Ckpt.Formats.Torch;

namespace Ckpt.Formats.LegacyTorch;

/// <summary>Reads the object of a rank's file: state dicts, and the state besides. Pure.</summary>
sealed class LegacyRankParser
{
    const string Model = "model";
    const string ExtraState = "_extra_state";
    const int Depth = 16;
    const int MostChunks = 4096;

    // What a rank has of its own; the rest is the same in every file.
    static readonly string[] s_ownState =
        ["optimizer", "rng_state", "random_rng_state", "np_rng_state", "torch_rng_state", "cuda_rng_state", "rng_tracker_states", "rerun_state_machine"];

    readonly TorchFile _file;
    readonly string _where;

    LegacyRankParser(TorchFile file, string where) => (_file, _where) = (file, where);

    internal static LegacyRankState Parse(TorchFile file, string where)
    {
        if (file.Root is not PickleDict root) { Throw.NotDict(where, PickleThrow.Kind(file.Root)); return null!; }
        var parser = new LegacyRankParser(file, where);
        var chunks = new List<LegacyChunk>();
        foreach (var (_, dict) in Chunks(root, where)) { chunks.Add(parser.Chunk(dict)); }
        var (shared, own) = (new PickleDict(), new List<LegacyOwnState>());
        foreach (var (key, value) in root.Items)
        {
            if (key is not PickleString { Value: var name } || IsChunk(name, out _)) { continue; }
            var bytes = StorageBytes(value, file.Storages);
            if (s_ownState.Contains(name, StringComparer.Ordinal) || bytes is not null) { own.Add(new LegacyOwnState(name, bytes ?? 0)); }
            else { shared.Add(name, value); }
        }
        return new LegacyRankState(chunks, shared, own);
    }

    /// <summary><c>model</c>, or <c>model0</c>, <c>model1</c> and so on without a gap (LEG-2.2).</summary>
    static SortedDictionary<int, PickleNode> Chunks(PickleDict root, string where)
    {
        var chunks = new SortedDictionary<int, PickleNode>();
        foreach (var (key, value) in root.Items)
        {
            if (key is PickleString { Value: var name } && IsChunk(name, out var number)) { chunks[number] = value; }
        }
        if (chunks.Count == 0) { Throw.NoModel(where); }
        if (chunks.ContainsKey(-1) ? chunks.Count > 1 : chunks.Keys.Last() != chunks.Count - 1) { Throw.Gap(where, chunks.Keys); }
        return chunks;
    }

    /// <summary>−1 for the only model of a rank.</summary>
    static bool IsChunk(string key, out int number)
    {
        number = -1;
        return key == Model || (key.StartsWith(Model, StringComparison.Ordinal) && key.Length <= Model.Length + 4
            && int.TryParse(key.AsSpan(Model.Length), NumberStyles.None, CultureInfo.InvariantCulture, out number) && number < MostChunks);
    }

    LegacyChunk Chunk(PickleNode model)
    {
        var tensors = new List<LegacyEntry>();
        var places = new Dictionary<string, int>();
        var others = new List<string>();
        var hasState = false;
        var seen = new HashSet<PickleNode>(ReferenceEqualityComparer.Instance);
        var waiting = new Stack<(string Name, PickleNode Node, int Depth)>([("", model, 0)]);
        while (waiting.TryPop(out var item))
        {
            var isState = item.Name == ExtraState || item.Name.EndsWith("." + ExtraState, StringComparison.Ordinal);
            if (!isState && TorchTensor.IsTensor(item.Node)) { AddTensor(item.Name, item.Node, tensors, places); continue; }
            if (!isState && Entries(item.Node) is { } entries)
            {
                // Models before Megatron-core keep their parts as dicts in dicts; a dict that stands in two places would repeat without end.
                if (item.Depth == Depth || !seen.Add(item.Node)) { Throw.Nested(_where, item.Name); }
                for (var i = entries.Count - 1; i >= 0; i--)
                {
                    if (entries[i].Key is not PickleString { Value: var key }) { Throw.Key(_where, item.Name); return null!; }
                    waiting.Push((item.Depth == 0 ? key : $"{item.Name}.{key}", entries[i].Value, item.Depth + 1));
                }
                continue;
            }
            others.Add(item.Name);
            hasState |= isState && item.Node is not PickleNone;
        }
        return new LegacyChunk(tensors, others, hasState);
    }

    void AddTensor(string name, PickleNode node, List<LegacyEntry> tensors, Dictionary<string, int> places)
    {
        var tensor = TorchTensor.Read(node, $"{_where}, {Quoted.Name(name)}");
        if (tensor.Shape.Count > 0) { _file.Storages.Check(tensor); }
        // An equal key written later replaces the earlier value, as in Python.
        if (places.TryGetValue(name, out var at)) { tensors[at] = new LegacyEntry(name, tensor); return; }
        places.Add(name, tensors.Count);
        tensors.Add(new LegacyEntry(name, tensor));
    }

    static List<KeyValuePair<PickleNode, PickleNode>>? Entries(PickleNode node) => node switch
    {
        PickleDict dict => dict.Items,
        PickleObject { ClassName: "collections.OrderedDict" or "collections.defaultdict" } made => made.DictItems,
        _ => null,
    };

    /// <summary>Bytes of the storages a value refers to, each counted once; null where it refers to none.</summary>
    static long? StorageBytes(PickleNode root, TorchStorageTable storages)
    {
        HashSet<string>? keys = null;
        foreach (var node in PickleGraph.Nodes(root))
        {
            if (node is not PicklePersistentId { Id: PickleTuple { Items: { Count: > 2 } id } }) { continue; }
            keys ??= new HashSet<string>(StringComparer.Ordinal);
            if (id[2] is PickleString key) { keys.Add(key.Value); }
        }
        return keys?.Sum(key => storages.Length(key) ?? 0);
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void NotDict(string where, string kind) => throw new MalformedCheckpointException(
            "LEG-2.1", where, $"holds {kind}; a rank's file holds a dict");

        [DoesNotReturn]
        internal static void NoModel(string where) => throw new MalformedCheckpointException(
            "LEG-2.2", where, "has no entry \"model\" or \"model0\"");

        [DoesNotReturn]
        internal static void Gap(string where, IEnumerable<int> found) => throw new MalformedCheckpointException(
            "LEG-2.2", where, $"has the models {string.Join(", ", found.Take(20).Select(static n => n < 0 ? Model : $"{Model}{n}"))}; allowed are model alone, or model0, model1 and so on");

        [DoesNotReturn]
        internal static void Nested(string where, string name) => throw new MalformedCheckpointException(
            "LEG-2.3", where, $"the dict {Quoted.Name(name)} is {Depth} or more deep, or stands in two places");

        [DoesNotReturn]
        internal static void Key(string where, string name) => throw new MalformedCheckpointException(
            "LEG-2.3", where, $"the dict {Quoted.Name(name)} has a key that is no string");
    }
}
