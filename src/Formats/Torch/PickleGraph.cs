namespace Ckpt.Formats.Torch;

/// <summary>Walks what a value holds, circles included.</summary>
static class PickleGraph
{
    /// <summary>Every node that can be reached, each once; those that name what lies outside are given, and what names it.</summary>
    internal static IEnumerable<PickleNode> Nodes(PickleNode root)
    {
        var seen = new HashSet<PickleNode>(ReferenceEqualityComparer.Instance);
        var waiting = new Stack<PickleNode>([root]);
        while (waiting.TryPop(out var node))
        {
            if (!seen.Add(node)) { continue; }
            yield return node;
            if (node is PicklePersistentId reference) { waiting.Push(reference.Id); }
            else { PushChildren(node, waiting); }
        }
    }

    /// <summary>Adds what a node holds itself; not what names something outside.</summary>
    internal static void PushChildren(PickleNode node, Stack<PickleNode> waiting)
    {
        switch (node)
        {
            case PickleTuple tuple: PushAll(tuple.Items, waiting); break;
            case PickleList list: PushAll(list.Items, waiting); break;
            case PickleSet set: PushAll(set.Items, waiting); break;
            case PickleDict dict: PushPairs(dict.Items, waiting); break;
            case PickleObject made:
                waiting.Push(made.Callable);
                waiting.Push(made.Args);
                if (made.KeywordArgs is not null) { waiting.Push(made.KeywordArgs); }
                PushAll(made.ListItems, waiting);
                PushPairs(made.DictItems, waiting);
                PushAll(made.States, waiting);
                break;
            default: break;
        }
    }

    static void PushAll(IReadOnlyList<PickleNode> nodes, Stack<PickleNode> waiting)
    {
        for (var i = 0; i < nodes.Count; i++) { waiting.Push(nodes[i]); }
    }

    static void PushPairs(List<KeyValuePair<PickleNode, PickleNode>> pairs, Stack<PickleNode> waiting)
    {
        foreach (var (key, value) in pairs)
        {
            waiting.Push(key);
            waiting.Push(value);
        }
    }
}
