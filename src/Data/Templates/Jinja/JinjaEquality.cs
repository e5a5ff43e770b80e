using System.Numerics;

namespace Ckpt.Data.Templates.Jinja;

/// <summary>Python's ==, and the hash that goes with it: 1, 1.0 and True are one key.</summary>
sealed class JinjaEquality : IEqualityComparer<JinjaValue>
{
    /// <summary>Tuples inside each other that a key may be.</summary>
    const int MostTuples = 100;

    /// <summary>For keys of dicts, which have been checked to be hashable.</summary>
    internal static JinjaEquality Keys { get; } = new();

    /// <summary>== of two values; containers count as depth and their items as steps.</summary>
    internal static bool AreEqual(JinjaRun run, JinjaValue left, JinjaValue right)
    {
        if (ReferenceEquals(left, right)) { return left is not JinjaFloat { Value: double.NaN }; }
        if (Leaf(left, right) is { } known) { return known; }
        run.Enter();
        try
        {
            return (left, right) switch
            {
                (JinjaList a, JinjaList b) => Sequences(run, a.Items, b.Items),
                (JinjaTuple a, JinjaTuple b) => Sequences(run, a.Items, b.Items),
                (JinjaDict a, JinjaDict b) => Dicts(run, a, b),
                (JinjaView a, JinjaView b) when a.TypeName == b.TypeName && a.TypeName != "dict_values" => Sequences(run, a.Items, b.Items),
                _ => false,
            };
        }
        finally { run.Leave(); }
    }

    /// <summary>Python's identity, where templates can see it.</summary>
    internal static bool AreSame(JinjaValue left, JinjaValue right) => ReferenceEquals(left, right)
        || (left, right) switch
        {
            (JinjaInt a, JinjaInt b) => a.Value == b.Value && a.Value >= -5 && a.Value <= 256,
            (JinjaString a, JinjaString b) => a.Text == b.Text && a.Text.Length <= 1 && !a.IsMarkup && !b.IsMarkup,
            (JinjaTuple a, JinjaTuple b) => a.Items.Length == 0 && b.Items.Length == 0,
            _ => false,
        };

    /// <summary>Whether Python hashes the value.</summary>
    internal static bool IsHashable(JinjaRun run, JinjaValue value) => IsHashable(run, value, 0);

    // Tuples share: steps bound what a hash will visit, the depth how deep it will go.
    static bool IsHashable(JinjaRun run, JinjaValue value, int depth)
    {
        run.Step();
        if (depth > MostTuples) { JinjaThrow.TooDeep(run, MostTuples); }
        return value switch
        {
            JinjaList or JinjaDict => false,
            JinjaTuple tuple => tuple.Items.All(item => IsHashable(run, item, depth + 1)),
            JinjaView view => view.TypeName == "dict_values",
            _ => true,
        };
    }

    public bool Equals(JinjaValue? x, JinjaValue? y) => ReferenceEquals(x, y) || Leaf(x!, y!) is true || (x is JinjaTuple a && y is JinjaTuple b && a.Items.SequenceEqual(b.Items, this));

    public int GetHashCode(JinjaValue obj) => obj switch
    {
        JinjaString text => text.Text.GetHashCode(StringComparison.Ordinal),
        JinjaBool flag => flag.Value ? BigInteger.One.GetHashCode() : BigInteger.Zero.GetHashCode(),
        JinjaInt number => number.Value.GetHashCode(),
        JinjaFloat { Value: var number } => double.IsFinite(number) && number == Math.Floor(number) ? new BigInteger(number).GetHashCode() : number.GetHashCode(),
        JinjaTuple tuple => tuple.Items.Aggregate(tuple.Items.Length, (hash, item) => HashCode.Combine(hash, GetHashCode(item))),
        JinjaNone => 1,
        JinjaUndefined => 2,
        JinjaRange range => HashCode.Combine(range.Count, range.Count > 0 ? range.Start : 0, range.Count > 1 ? range.Step : 0),
        _ => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(obj),
    };

    /// <summary>Equality of values that hold no others; null for containers.</summary>
    static bool? Leaf(JinjaValue left, JinjaValue right) => (left, right) switch
    {
        (JinjaString a, JinjaString b) => a.Text == b.Text,
        (JinjaList or JinjaTuple or JinjaDict or JinjaView, JinjaList or JinjaTuple or JinjaDict or JinjaView) => null,
        (JinjaUndefined, JinjaUndefined) => true,
        (JinjaRange a, JinjaRange b) => a.Count == b.Count && (a.Count == 0 || (a.Start == b.Start && (a.Count == 1 || a.Step == b.Step))),
        _ => JinjaNumbers.Compare(left, right) is 0,
    };

    static bool Sequences(JinjaRun run, JinjaValue[] left, JinjaValue[] right)
    {
        if (left.Length != right.Length) { return false; }
        run.Step(left.Length);
        for (var i = 0; i < left.Length; i++) { if (!AreEqual(run, left[i], right[i])) { return false; } }
        return true;
    }

    static bool Dicts(JinjaRun run, JinjaDict left, JinjaDict right)
    {
        if (left.Items.Count != right.Items.Count) { return false; }
        run.Step(left.Items.Count);
        foreach (var (key, value) in left.Items)
        {
            if (!right.Items.TryGetValue(key, out var other) || !AreEqual(run, value, other)) { return false; }
        }
        return true;
    }
}
