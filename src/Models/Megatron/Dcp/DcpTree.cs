using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Ckpt.Formats;
using Ckpt.Formats.Torch;
using Ckpt.Formats.TorchDist;

namespace Ckpt.Models.Megatron.Dcp;

/// <summary>A nested dict put together again from the paths that it was flattened to.</summary>
sealed class DcpTree(string where)
{
    const int Deepest = 64;

    readonly Dictionary<TorchDistPathStep, object> _children = [];
    readonly List<TorchDistPathStep> _order = [];

    /// <summary>The path of a flat name: as the index has it, else its parts between dots.</summary>
    internal static IReadOnlyList<TorchDistPathStep> Path(TorchDistReader reader, string name)
    {
        if (reader.PlannerPaths?.TryGetValue(name, out var path) == true && path.Count > 0) { return path; }
        const string Groups = $"optimizer.{DcpGroups.Key}.";
        if (name.StartsWith(Groups, StringComparison.Ordinal) && name.LastIndexOf('.') is var dot && dot > Groups.Length)
        {
            return [new("optimizer", 0), new(DcpGroups.Key, 0), new(name[Groups.Length..dot], 0), new(name[(dot + 1)..], 0)];
        }
        var parts = name.Split('.');
        var steps = new TorchDistPathStep[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            // Without paths nothing tells lists from dicts, but that these are lists.
            steps[i] = i > 0 && parts[i - 1] == "param_groups" && int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out var place)
                ? new TorchDistPathStep(null, place) : new TorchDistPathStep(parts[i], 0);
        }
        return steps;
    }

    /// <summary>Puts a value at a path.</summary>
    /// <exception cref="MalformedCheckpointException">TDC-6.6: another value is there, or on the way.</exception>
    internal void Add(IReadOnlyList<TorchDistPathStep> path, PickleNode value)
    {
        if (path.Count > Deepest) { Throw.Deep(where, path); }
        var tree = this;
        for (var i = 0; i < path.Count - 1; i++)
        {
            if (!tree._children.TryGetValue(path[i], out var child))
            {
                child = new DcpTree(where);
                tree._children.Add(path[i], child);
                tree._order.Add(path[i]);
            }
            tree = child as DcpTree ?? Throw.Twice(where, path);
        }
        if (!tree._children.TryAdd(path[^1], value)) { Throw.Twice(where, path); }
        tree._order.Add(path[^1]);
    }

    /// <summary>The tree as a dict.</summary>
    internal PickleDict Dict()
    {
        var dict = new PickleDict();
        foreach (var step in _order) { dict.Add(step.Key ?? step.Index.ToString(CultureInfo.InvariantCulture), Node(_children[step])); }
        return dict;
    }

    static PickleNode Node(object child) => child switch
    {
        PickleNode value => value,
        DcpTree { _order: [{ Key: null }, ..] } tree when tree._order.All(static step => step.Key is null) => tree.List(),
        var tree => ((DcpTree)tree).Dict(),
    };

    PickleList List()
    {
        var list = new PickleList();
        // Elements that were no values of their own (an empty list) have left no place: the rest moves up.
        foreach (var step in _order.OrderBy(static step => step.Index)) { list.Items.Add(Node(_children[step])); }
        return list;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static DcpTree Twice(string where, IReadOnlyList<TorchDistPathStep> path) => throw new MalformedCheckpointException(
            "TDC-6.6", where, $"two values are at the path {Text(path)}, or one on the way to another");

        [DoesNotReturn]
        internal static void Deep(string where, IReadOnlyList<TorchDistPathStep> path) => throw new MalformedCheckpointException(
            "TDC-6.6", where, $"a path of {path.Count} steps, {Text([.. path.Take(4)])}…; at most {Deepest} are expected");

        static string Text(IEnumerable<TorchDistPathStep> path) => string.Join('/', path.Select(static step => step.Key ?? step.Index.ToString(CultureInfo.InvariantCulture)));
    }
}
