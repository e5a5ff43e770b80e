using System.Numerics;
using Ckpt.Formats.Torch;
using FsCheck;
using FsCheck.Fluent;

namespace Ckpt.PropertyTests.Torch;

/// <summary>Generated graphs of nodes: shared, nested, and holding themselves through lists, dicts and objects.</summary>
static class PickleGraphs
{
    /// <param name="late">Whether kinds occur for which protocol 2 has no opcode.</param>
    internal static Gen<PickleNode> All(bool late) =>
        from seed in Gen.Choose(0, int.MaxValue - 1)
        from size in Gen.Choose(1, 60)
        select (PickleNode)Make(new Random(seed), size, late);

    static PickleList Make(Random random, int size, bool late)
    {
        var made = new List<PickleNode> { Atom(random, late) };
        var open = new List<PickleNode>();
        for (var i = 0; i < size; i++)
        {
            var node = Next(random, made, late);
            made.Add(node);
            if (node is PickleList or PickleDict or PickleObject or PickleSet { Frozen: false }) { open.Add(node); }
        }
        // Filled only now, with nodes made before and after: this is what closes circles.
        foreach (var node in open) { Fill(random, node, made); }
        var root = new PickleList();
        root.Items.AddRange(open);
        root.Items.Add(made[^1]);
        return root;
    }

    static PickleNode Next(Random random, List<PickleNode> made, bool late)
    {
        PickleNode[] Some(int most) => [.. Enumerable.Range(0, random.Next(most + 1)).Select(_ => made[random.Next(made.Count)])];
        switch (random.Next(late ? 12 : 9))
        {
            case 0: return Some(5) is { Length: > 0 } items ? new PickleTuple(items) : PickleTuple.Empty;
            case 1: return new PickleList();
            case 2: return new PickleDict();
            case 3: return new PickleObject(PickleConstruction.Reduce, Global(random), new PickleTuple([made[random.Next(made.Count)]]));
            case 4: return new PickleObject(PickleConstruction.NewObject, Global(random), PickleTuple.Empty);
            case 5: return new PicklePersistentId(new PickleTuple([new PickleString("storage"), made[random.Next(made.Count)]]));
            case 9: return new PickleSet(frozen: false);
            case 10:
                var frozen = new PickleSet(frozen: true);
                frozen.Items.AddRange(Some(3));
                return frozen;
            case 11: return new PickleObject(PickleConstruction.NewObjectWithKeywords, Global(random), PickleTuple.Empty, new PickleDict());
            default: return Atom(random, late);
        }
    }

    static PickleNode Atom(Random random, bool late) => random.Next(late ? 8 : 7) switch
    {
        0 => PickleNone.Instance,
        1 => new PickleBool(random.Next(2) == 0),
        2 => new PickleInt(random.Next(-300, 70000)),
        3 => new PickleInt(BigInteger.Pow(random.Next(-9, 9), random.Next(1, 300))),
        4 => new PickleFloat(BitConverter.Int64BitsToDouble(random.NextInt64())),
        5 => new PickleString(new string((char)random.Next(1, 0xD7FF), random.Next(0, 300))),
        6 => Global(random),
        _ => new PickleBytes(new byte[random.Next(0, 300)]),
    };

    static PickleGlobal Global(Random random) => new($"some.module{random.Next(3)}", $"Name{random.Next(3)}");

    static void Fill(Random random, PickleNode node, List<PickleNode> made)
    {
        // Now and then past 1000, where a batch ends.
        var count = random.Next(60) == 0 ? random.Next(998, 2003) : random.Next(4);
        PickleNode Any() => made[random.Next(made.Count)];
        for (var i = 0; i < count; i++)
        {
            switch (node)
            {
                case PickleList list: list.Items.Add(Any()); break;
                case PickleDict dict: dict.Items.Add(new(Any(), Any())); break;
                case PickleSet set: set.Items.Add(Any()); break;
                case PickleObject made2 when i % 3 == 0: made2.ListItems.Add(Any()); break;
                case PickleObject made2 when i % 3 == 1: made2.DictItems.Add(new(Any(), Any())); break;
                case PickleObject made2: if (i < 4) { made2.States.Add(Any()); } break;
                default: break;
            }
        }
    }
}
