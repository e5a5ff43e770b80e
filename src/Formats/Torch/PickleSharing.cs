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
            else { PickleGraph.PushChildren(node, waiting); }
        }
        return shared;
    }
}
