using System.Text.Json.Nodes;
using Ckpt.Data;
using Ckpt.Data.Indexed;
using Ckpt.Kit;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.Data;

/// <summary>Indexed data sets against files that a script made from the format's description.</summary>
public sealed class IndexedDatasetTests
{
    static readonly string s_folder = Repository.Vector("indexed", "accept");

    public static TheoryData<string> Names => [.. Directory.EnumerateFiles(s_folder, "*.json").Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Names)), Clause("IDX-1.7"), Clause("IDX-1.5")]
    public void EverySequenceIsRead(string name)
    {
        var (type, documents) = Expected(name);
        using var reader = IndexedDatasetReader.Open(Path.Combine(s_folder, name));

        Assert.Equal(type, reader.DType);
        Assert.Equal(documents.Sum(d => d.Length), reader.SequenceCount);
        Assert.Equal(documents, All(reader));
    }

    [Theory, MemberData(nameof(Names)), Clause("IDX-2.1")]
    public void WritingGivesTheSameBytes(string name)
    {
        if (name == "modes") { return; } // modes are read over, and not written
        var (type, documents) = Expected(name);
        using var folder = new TemporaryFolder();
        if (type == IndexedDType.Int64) { documents = [.. documents.Select(d => d.Select(s => s.Select(n => n % 1000).ToArray()).ToArray())]; }

        Write(folder["out"], type, documents);

        if (type != IndexedDType.Int64) { Assert.Equal(File.ReadAllBytes(Path.Combine(s_folder, name + ".bin")), File.ReadAllBytes(folder["out.bin"])); }
        Assert.Equal(File.ReadAllBytes(Path.Combine(s_folder, name + ".idx")), File.ReadAllBytes(folder["out.idx"]));
        Assert.Equal(["out.bin", "out.idx"], Directory.EnumerateFiles(folder.Path).Select(f => Path.GetFileName(f)!).Order());
    }

    [Fact, Clause("IDX-2.1")]
    public void WhatIsWrittenIsReadBack()
    {
        var cases =
            from type in Gen.Elements(IndexedDType.Int32, IndexedDType.UInt16, IndexedDType.Int64)
            from documents in Gen.ArrayOf(Gen.ArrayOf(Gen.ArrayOf(Gen.Choose(0, 65_535))))
            select (type, documents);
        using var folder = new TemporaryFolder();
        Law.Holds(cases, c =>
        {
            var documents = c.documents.Select(d => d.Select(s => s.Select(n => (long)n).ToArray()).ToArray()).ToArray();
            Write(folder["law"], c.type, documents);
            using var reader = IndexedDatasetReader.Open(folder["law"]);
            return documents.SelectMany(d => d).Select(s => string.Join(' ', s)).SequenceEqual(All(reader).SelectMany(d => d).Select(s => string.Join(' ', s)))
                && documents.Select(d => d.Length).SequenceEqual(All(reader).Select(d => d.Length));
        });
    }

    [Fact, Clause("IDX-2.2")]
    public void AppendingGivesTheBytesOfWritingInOne()
    {
        var cases =
            from first in Gen.ArrayOf(Gen.ArrayOf(Gen.ArrayOf(Gen.Choose(0, 65_535))))
            from second in Gen.ArrayOf(Gen.ArrayOf(Gen.ArrayOf(Gen.Choose(0, 65_535))))
            select (Longs(first), Longs(second));
        using var folder = new TemporaryFolder();
        Law.Holds(cases, c =>
        {
            Write(folder["a"], IndexedDType.UInt16, c.Item1);
            Write(folder["b"], IndexedDType.UInt16, c.Item2);
            Write(folder["both"], IndexedDType.UInt16, [.. c.Item1, .. c.Item2]);
            using (var merged = new IndexedDatasetWriter(folder["merged"], IndexedDType.UInt16))
            {
                foreach (var part in new[] { "a", "b" })
                {
                    using var reader = IndexedDatasetReader.Open(folder[part]);
                    merged.Append(reader);
                }
                merged.Finish();
            }
            return File.ReadAllBytes(folder["both.bin"]).AsSpan().SequenceEqual(File.ReadAllBytes(folder["merged.bin"]))
                && File.ReadAllBytes(folder["both.idx"]).AsSpan().SequenceEqual(File.ReadAllBytes(folder["merged.idx"]));
        });
    }

    [Fact, Clause("IDX-2.2")]
    public void AnotherTypeIsNotAppended()
    {
        using var folder = new TemporaryFolder();
        using var reader = IndexedDatasetReader.Open(Path.Combine(s_folder, "int32"));
        using var writer = new IndexedDatasetWriter(folder["out"], IndexedDType.UInt16);

        Assert.Equal("IDX-2.2", Assert.Throws<UnsupportedDataException>(() => writer.Append(reader)).Clause);
    }

    [Theory, Clause("IDX-2.3")]
    [InlineData(IndexedDType.UInt16, -100)]
    [InlineData(IndexedDType.UInt16, 65_536)]
    [InlineData(IndexedDType.Int8, 128)]
    public void ANumberThatDoesNotFitIsRefused(IndexedDType type, int number)
    {
        using var folder = new TemporaryFolder();
        using var writer = new IndexedDatasetWriter(folder["out"], type);

        Assert.Equal("IDX-2.3", Assert.Throws<MalformedDataException>(() => writer.Add([1, number])).Clause);
    }

    [Theory, Clause("IDX-2.4")]
    [InlineData(65_499, IndexedDType.UInt16)]
    [InlineData(65_500, IndexedDType.Int32)]
    [InlineData(151_936, IndexedDType.Int32)]
    public void TheTypeFollowsTheVocabulary(int size, IndexedDType type) => Assert.Equal(type, IndexedDTypes.ForVocabulary(size));

    [Fact, Clause("IDX-2.5")]
    public void AnUnfinishedDataSetLeavesNothing()
    {
        using var folder = new TemporaryFolder();
        using (var writer = new IndexedDatasetWriter(folder["out"], IndexedDType.Int32))
        {
            writer.Add([1, 2, 3]);
            writer.EndDocument();
            Assert.DoesNotContain(Directory.EnumerateFiles(folder.Path), f => f.EndsWith(".idx", StringComparison.Ordinal) || f.EndsWith(".bin", StringComparison.Ordinal));
        }
        Assert.Empty(Directory.EnumerateFiles(folder.Path));
    }

    static long[][][] Longs(int[][][] documents) => [.. documents.Select(d => d.Select(s => s.Select(n => (long)n).ToArray()).ToArray())];

    static void Write(string prefix, IndexedDType type, long[][][] documents)
    {
        using var writer = new IndexedDatasetWriter(prefix, type);
        foreach (var document in documents)
        {
            foreach (var sequence in document) { writer.Add([.. sequence.Select(n => (int)n)]); }
            writer.EndDocument();
        }
        writer.Finish();
    }

    static List<long[][]> All(IndexedDatasetReader reader)
    {
        var documents = new List<long[][]>();
        for (var d = 0L; d < reader.DocumentCount; d++)
        {
            var (first, end) = reader.Document(d);
            documents.Add([.. Enumerable.Range((int)first, (int)(end - first)).Select(s => reader.ReadNumbers(s))]);
        }
        return documents;
    }

    static (IndexedDType, long[][][]) Expected(string name)
    {
        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(s_folder, name + ".json")))!;
        var documents = json["documents"]!.AsArray().Select(d => d!.AsArray().Select(s => s!.AsArray().Select(n => n!.GetValue<long>()).ToArray()).ToArray()).ToArray();
        return (Enum.Parse<IndexedDType>(json["dtype"]!.GetValue<string>()), documents);
    }
}
