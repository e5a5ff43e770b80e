using Ckpt.Formats.Torch;

namespace Ckpt.PropertyTests.Torch;

/// <summary>Whether two graphs are the same, sharing included: what one holds once, the other holds once. Atoms are compared by value.</summary>
static class PickleIsomorphism
{
    internal static bool Same(PickleNode left, PickleNode right)
    {
        var there = new Dictionary<PickleNode, PickleNode>(ReferenceEqualityComparer.Instance);
        var back = new Dictionary<PickleNode, PickleNode>(ReferenceEqualityComparer.Instance);
        var waiting = new Stack<(PickleNode, PickleNode)>();
        waiting.Push((left, right));
        while (waiting.TryPop(out var pair))
        {
            var (a, b) = pair;
            if (a.GetType() != b.GetType()) { return false; }
            if (IsIdentified(a))
            {
                var seen = there.TryGetValue(a, out var mate);
                if (seen != back.TryGetValue(b, out var other)) { return false; }
                if (seen)
                {
                    if (!ReferenceEquals(mate, b) || !ReferenceEquals(other, a)) { return false; }
                    continue;
                }
                there.Add(a, b);
                back.Add(b, a);
            }
            if (!Shallow(a, b)) { return false; }
            var (mine, theirs) = (Children(a), Children(b));
            if (mine.Count != theirs.Count) { return false; }
            for (var i = 0; i < mine.Count; i++) { waiting.Push((mine[i], theirs[i])); }
        }
        return true;
    }

    static bool IsIdentified(PickleNode node) => node is PickleString or PickleBytes or PickleByteArray or PickleList or PickleDict or PickleSet or PickleObject
        or PickleTuple { Items.Count: > 0 };

    static bool Shallow(PickleNode a, PickleNode b) => (a, b) switch
    {
        (PickleBool x, PickleBool y) => x.Value == y.Value,
        (PickleInt x, PickleInt y) => x.Value == y.Value,
        (PickleFloat x, PickleFloat y) => BitConverter.DoubleToInt64Bits(x.Value) == BitConverter.DoubleToInt64Bits(y.Value),
        (PickleString x, PickleString y) => x.Value == y.Value,
        (PickleBytes x, PickleBytes y) => x.Value.AsSpan().SequenceEqual(y.Value),
        (PickleByteArray x, PickleByteArray y) => x.Value.AsSpan().SequenceEqual(y.Value),
        (PickleGlobal x, PickleGlobal y) => x.Module == y.Module && x.Name == y.Name,
        (PickleSet x, PickleSet y) => x.Frozen == y.Frozen,
        (PickleSkipped, _) => false,
        (PickleObject x, PickleObject y) => x.Construction == y.Construction && (x.KeywordArgs is null) == (y.KeywordArgs is null)
            && x.ListItems.Count == y.ListItems.Count && x.DictItems.Count == y.DictItems.Count && x.States.Count == y.States.Count,
        _ => true,
    };

    static List<PickleNode> Children(PickleNode node) => node switch
    {
        PickleTuple tuple => [.. tuple.Items],
        PickleList list => list.Items,
        PickleSet set => set.Items,
        PickleDict dict => [.. dict.Items.SelectMany(item => (PickleNode[])[item.Key, item.Value])],
        PicklePersistentId reference => [reference.Id],
        PickleObject made =>
        [
            made.Callable, made.Args, .. made.KeywordArgs is { } keywords ? (PickleNode[])[keywords] : [], .. made.ListItems,
            .. made.DictItems.SelectMany(item => (PickleNode[])[item.Key, item.Value]), .. made.States,
        ],
        _ => [],
    };
}
