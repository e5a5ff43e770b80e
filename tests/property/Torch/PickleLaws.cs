using Ckpt.Formats;
using Ckpt.Formats.IO;
using Ckpt.Formats.Torch;
using Ckpt.Kit;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.Torch;

/// <summary>What holds of every pickle, and of every broken one.</summary>
public sealed class PickleLaws
{
    const string Skipped = "all_local_plans";

    [Fact, Clause("TOR-2.3"), Clause("TOR-1.11")]
    public void WhatIsWrittenIsReadBackAtProtocol2() => Law.Holds(PickleGraphs.All(late: false), graph => IsReadBack(graph, 2), 400);

    [Fact, Clause("TOR-2.3"), Clause("TOR-2.2"), Clause("TOR-1.11")]
    public void WhatIsWrittenIsReadBackAtProtocol4() => Law.Holds(PickleGraphs.All(late: true), graph => IsReadBack(graph, 4), 400);

    [Fact, Clause("TOR-1.12")]
    public void SkippingAnAttributeChangesNothingElse() => Law.Holds(
        from first in PickleGraphs.All(late: false)
        from plans in PickleGraphs.All(late: false)
        from shared in Gen.Choose(0, 5)
        from protocol in Gen.Elements(2, 4)
        select (First: first, Plans: plans, Shared: shared, Protocol: protocol),
        c =>
        {
            var root = new PickleObject(PickleConstruction.NewObject, new PickleGlobal("m", "Metadata"), PickleTuple.Empty);
            var attributes = new PickleDict().Add("first", c.First).Add(Skipped, c.Plans).Add("last", c.First);
            // Some of what follows refers into what is skipped.
            if (c.Shared == 0) { attributes.Add("inside", ((PickleList)c.Plans).Items[0]); }
            root.States.Add(attributes);
            byte[] bytes;
            try { bytes = PickleWriter.Write(root, c.Protocol); }
            catch (UnsupportedCheckpointException unsayable) { return unsayable.Clause == "TOR-2.4"; }

            var whole = PickleReader.Read(new MemoryByteSource("whole", bytes));
            var skipped = PickleReader.Read(new MemoryByteSource("skipped", bytes), null, Skipped);

            Replace(whole);
            Replace(skipped);
            return PickleIsomorphism.Same(whole, skipped);
        }, 400);

    [Fact, Clause("TOR-1.12")]
    public void SkippingKeepsNothingOfTheValue()
    {
        var plans = new PickleList();
        for (var i = 0; i < 50_000; i++) { plans.Items.Add(new PickleDict().Add("index", new PickleInt(i)).Add("name", new PickleString($"decoder.layers.{i}"))); }
        var root = new PickleObject(PickleConstruction.NewObject, new PickleGlobal("m", "Metadata"), PickleTuple.Empty);
        root.States.Add(new PickleDict().Add("version", new PickleString("1")).Add(Skipped, plans).Add("last", new PickleInt(7)));
        var bytes = PickleWriter.Write(root, 4);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var read = (PickleObject)PickleReader.Read(new MemoryByteSource("plans", bytes), null, Skipped);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.IsType<PickleSkipped>(read.Attributes!.Find(Skipped));
        Assert.Equal(7, ((PickleInt)read.Attributes.Find("last")!).Value);
        Assert.True(bytes.Length > 1_500_000, $"{bytes.Length} bytes");
        Assert.True(allocated < 200_000, $"{allocated} bytes allocated for {bytes.Length}");
    }

    [Fact, Clause("TOR-1.13")]
    public void MemoryIsBoundedByTheInput()
    {
        // The opcodes that make most of one byte.
        foreach (var opcode in "})](0"u8.ToArray().Concat(new byte[] { 0x8F, (byte)'N' }))
        {
            var bytes = new byte[200_000];
            bytes.AsSpan().Fill(opcode);
            var before = GC.GetAllocatedBytesForCurrentThread();
            Assert.ThrowsAny<CheckpointException>(() => PickleReader.Read(bytes, "hostile"));
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated < 200L * bytes.Length, $"opcode {opcode:X2}: {allocated} bytes for {bytes.Length}");
        }
    }

    [Fact, Clause("TOR-1.3"), Clause("TOR-1.4")]
    public void BrokenPicklesAreRefusedOrReadable() => Law.Holds(
        from graph in PickleGraphs.All(late: true)
        from at in Gen.Choose(0, int.MaxValue - 1)
        from value in Gen.Choose(0, 255)
        from cut in Gen.Elements(true, false)
        select (Bytes: PickleWriter.Write(graph, 4), At: at, Value: (byte)value, Cut: cut),
        c =>
        {
            var bytes = c.Cut ? c.Bytes[..(c.At % c.Bytes.Length)] : c.Bytes;
            if (!c.Cut) { bytes[c.At % bytes.Length] = c.Value; }
            PickleNode read;
            try { read = PickleReader.Read(bytes, "broken"); }
            catch (CheckpointException) { return true; }
            return !c.Cut && IsReadBack(read, 4);
        }, 1000);

    [Fact, Clause("TOR-2.4")]
    public void TuplesThatHoldThemselvesAThousandfoldAreRefused()
    {
        var lists = Enumerable.Range(0, 1000).Select(_ => new PickleList()).ToArray();
        var tuple = new PickleTuple(lists);
        foreach (var list in lists) { list.Items.Add(tuple); }
        Assert.Equal("TOR-2.4", Assert.Throws<UnsupportedCheckpointException>(() => PickleWriter.Write(tuple, 2)).Clause);
    }

    [Fact, Clause("TOR-2.4")]
    public void WhatAProtocolCannotSayIsRefused()
    {
        PickleNode[] unsayable =
        [
            new PickleSkipped(10),
            new PickleGlobal("a\nb", "c"),
            new PickleObject(PickleConstruction.NewObjectWithKeywords, new PickleGlobal("a", "B"), PickleTuple.Empty, new PickleDict()),
        ];
        Assert.All(unsayable, node => Assert.Equal("TOR-2.4", Assert.Throws<UnsupportedCheckpointException>(() => PickleWriter.Write(node, 2)).Clause));
    }

    [Fact, Clause("TOR-1.4")]
    public void DeepNestingIsReadAndWrittenWithoutAStack()
    {
        PickleNode deep = new PickleList();
        for (var i = 0; i < 300_000; i++)
        {
            var outer = new PickleList();
            outer.Items.Add(deep);
            deep = outer;
        }
        var bytes = PickleWriter.Write(deep, 2);
        Assert.Equal(bytes, PickleWriter.Write(PickleReader.Read(bytes, "deep"), 2));
        Assert.Contains("\\u2026", PickleJson.Say(deep)!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact, Clause("TOR-5.7")]
    public void SayingWhatIsSharedManyTimesEnds()
    {
        PickleNode doubled = new PickleString("x");
        for (var i = 0; i < 40; i++)
        {
            var list = new PickleList();
            list.Items.AddRange([doubled, doubled]);
            doubled = list;
        }
        Assert.True(PickleJson.Say(doubled)!.ToJsonString().Length < 5_000_000);
    }

    /// <summary>Reading gives the same graph, and writing that the same bytes.</summary>
    static bool IsReadBack(PickleNode graph, int protocol)
    {
        byte[] written;
        try { written = PickleWriter.Write(graph, protocol); }
        catch (UnsupportedCheckpointException unsayable) { return unsayable.Clause == "TOR-2.4"; }
        var read = PickleReader.Read(written, "written");
        // Bytearrays are of protocol 5: at 4 the first writing changes what they are made of.
        var again = PickleWriter.Write(read, protocol);
        return again.AsSpan().SequenceEqual(written) ? PickleIsomorphism.Same(PickleReader.Read(again, "again"), read) && (Same(graph, read)) : false;
    }

    static bool Same(PickleNode graph, PickleNode read) => PickleIsomorphism.Same(graph, read) || HoldsByteArray(graph);

    static bool HoldsByteArray(PickleNode graph) => PickleWriter.Write(graph, 4).AsSpan().IndexOf("bytearray"u8) >= 0;

    static void Replace(PickleNode root)
    {
        var items = ((PickleObject)root).Attributes!.Items;
        for (var i = 0; i < items.Count; i++)
        {
            if (items[i].Key is PickleString { Value: Skipped }) { items[i] = new(PickleNone.Instance, PickleNone.Instance); }
        }
    }
}
