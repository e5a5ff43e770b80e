using System.Text.Json.Nodes;
using Ckpt.Data;
using Ckpt.Data.Parquet;
using Ckpt.Kit;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.Data;

/// <summary>Parquet files by pyarrow 25, and by hand, against the rows that their makers wrote beside them.</summary>
public sealed class ParquetVectorTests
{
    static readonly string s_folder = Repository.Vector("parquet", "accept");

    /// <summary>Files; the rows of <c>name-how.parquet</c> stand in <c>name.json</c>.</summary>
    public static TheoryData<string> Files => [.. Directory.EnumerateFiles(s_folder, "*.parquet").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Files)), Clause("PQT-4.1"), Clause("PQT-4.2")]
    public void EveryRowIsAsItsMakerWroteIt(string name)
    {
        var expected = Expected(name);
        using var reader = ParquetReader.Open(Path.Combine(s_folder, name));

        var rows = reader.Rows().ToList();

        Assert.Equal(expected.Count, reader.RowCount);
        Assert.Equal(expected.Count, rows.Count);
        for (var i = 0; i < rows.Count; i++)
        {
            Assert.True(JsonNode.DeepEquals(expected[i], rows[i]), $"row {i}: expected {expected[i]?.ToJsonString()}, found {rows[i].ToJsonString()}");
        }
    }

    [Theory, MemberData(nameof(Files)), Clause("PQT-4.4")]
    public void AskingForOneColumnGivesThatColumn(string name)
    {
        var expected = Expected(name);
        using var reader = ParquetReader.Open(Path.Combine(s_folder, name));
        var column = reader.Columns[^1];

        var rows = reader.Rows([column]).ToList();

        Assert.Equal(expected.Count, rows.Count);
        for (var i = 0; i < rows.Count; i++)
        {
            Assert.Equal(column, Assert.Single(rows[i]).Key);
            Assert.True(JsonNode.DeepEquals(expected[i]![column], rows[i][column]), $"row {i}");
        }
    }

    [Theory, MemberData(nameof(Files)), Clause("PQT-1.6")]
    public void AnyChangedByteGivesRowsOrARefusal(string name)
    {
        var bytes = File.ReadAllBytes(Path.Combine(s_folder, name));
        using var folder = new TemporaryFolder();
        var path = folder["changed.parquet"];
        var footer = Math.Min(bytes.Length, 2000);
        var cases =
            from near in Gen.Choose(0, 2)
            from at in near == 0 ? Gen.Choose(0, bytes.Length - 1) : Gen.Choose(bytes.Length - footer, bytes.Length - 1)
            from bits in Gen.Choose(1, 255)
            from cut in Gen.Choose(0, 9)
            select (at, bits, cut);
        Law.Holds(cases, c =>
        {
            var changed = c.cut == 0 ? bytes[..c.at] : [.. bytes];
            if (c.cut > 0) { changed[c.at] ^= (byte)c.bits; }
            File.WriteAllBytes(path, changed);
            try
            {
                using var reader = ParquetReader.Open(path);
                // A changed count may announce more rows than anyone wants to see.
                _ = reader.Rows().Take(5_000).Count();
            }
            catch (DataFormatException) { }
            return true;
        });
    }

    static JsonArray Expected(string name) => JsonNode.Parse(File.ReadAllText(Path.Combine(s_folder, name.Split('-')[0] + ".json")))!.AsArray();
}
