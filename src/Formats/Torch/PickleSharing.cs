namespace Ckpt.Formats.Torch;

/// <summary>Which nodes of a graph are referred to more than once.</summary>
static class PickleSharing
{
    internal static HashSet<PickleNode> Of(PickleNode root)
    {
        var seen = new HashSet<PickleNode>(ReferenceEqualityComparer.Instance);
        var shared = new HashSet<PickleNode>(ReferenceEqualityComparer.Instance);
        var waiting = new Stack<PickleNode>();
        waiting.Push(root);
        while (waiting.TryPop(out var node))
        {
            // A persistent id is written out at every mention, so that what names it is mentioned as often.
            if (node is PicklePersistentId reference) { waiting.Push(reference.Id); }
            else if (!seen.Add(node)) { shared.Add(node); }
            else { PushChildren(node, waiting); }
        }
        return shared;
    }

    static void PushChildren(PickleNode node, Stack<PickleNode> waiting)
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
