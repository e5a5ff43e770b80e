using System.Text;
using System.Text.Json.Nodes;
using Ckpt.Data;
using Ckpt.Data.Datasets;
using Ckpt.Kit;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.Data;

/// <summary>Specs, files and readers.</summary>
public sealed class DatasetTests
{
    [Theory, Clause("DAT-1.1")]
    [InlineData("a/b.jsonl", "a/b.jsonl", "", null)]
    [InlineData("a/b.jsonl#500", "a/b.jsonl", "", 500L)]
    [InlineData("hf::org/name:train/test#7", "org/name", "train/test", 7L)]
    [InlineData("MS::org/name:default", "org/name", "default", null)]
    [InlineData("C:\\rows.csv", "C:\\rows.csv", "", null)]
    public void ASpecIsRead(string text, string path, string subsets, long? count)
    {
        var spec = DatasetSpec.Parse(text);

        Assert.Equal((path, subsets, count), (spec.Path, string.Join('/', spec.Subsets), spec.Count));
    }

    [Theory, Clause("DAT-1.1")]
    [InlineData("")]
    [InlineData("#5")]
    [InlineData("rows.jsonl#many")]
    [InlineData("rows.jsonl#-1")]
    [InlineData("rows.jsonl#")]
    public void ASpecThatNamesNothingIsRefused(string text) => Assert.Equal("DAT-1.1", Assert.Throws<MalformedDataException>(() => DatasetSpec.Parse(text)).Clause);

    [Fact, Clause("DAT-1.2"), Clause("DAT-1.3")]
    public void FilesOfAFolderAreChosenAndTheChoiceIsSaid()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in new[] { "data/train-00001.jsonl", "data/train-00000.jsonl", "data/test-00000.jsonl", "README.txt", ".cache/old.jsonl", "only.xyz" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder[name])!);
            File.WriteAllText(folder[name], "{}");
        }
        string[] Names(string spec) => [.. DatasetFiles.Find(DatasetSpec.Parse(spec)).Files.Select(f => Path.GetFileName(f.Path))];

        Assert.Equal(["train-00000.jsonl", "train-00001.jsonl"], Names(folder.Path));
        Assert.Equal(["test-00000.jsonl"], Names(folder.Path + ":test"));
        Assert.Equal(["test-00000.jsonl", "train-00000.jsonl", "train-00001.jsonl"], Names(folder.Path + ":data"));
        Assert.Contains("of the train split", DatasetFiles.Find(DatasetSpec.Parse(folder.Path)).Decision, StringComparison.Ordinal);
        Assert.Equal(["train-00000.jsonl", "train-00001.jsonl"], [.. DatasetFiles.Find(DatasetSpec.Parse("org/name"), name => name == "org/name" ? folder.Path : null).Files.Select(f => Path.GetFileName(f.Path))]);
        Assert.Equal("DAT-1.2", Assert.Throws<MalformedDataException>(() => Names(folder.Path + ":dev")).Clause);
        Assert.Equal("DAT-1.2", Assert.Throws<MalformedDataException>(() => Names("org/nothing")).Clause);
        Assert.Equal("DAT-1.2", Assert.Throws<MalformedDataException>(() => Names(folder["README.txt"] + ":train")).Clause);
        Assert.Equal("DAT-1.3", Assert.Throws<UnsupportedDataException>(() => Names(folder["only.xyz"])).Clause);
    }

    [Fact, Clause("DAT-2.1")]
    public void EveryFormatGivesTheSameRows()
    {
        var texts = from chars in Gen.ArrayOf(Gen.Elements('a', 'ä', '你', ',', '"', '\\', 'n', ' ', '{', ']', ':')) select new string(chars);
        var cases = from a in Gen.ArrayOf(texts) from b in texts from crlf in Gen.Elements("\n", "\r\n") select (a, b, crlf);
        using var folder = new TemporaryFolder();
        Law.Holds(cases, c =>
        {
            var rows = c.a.Select(text => new JsonObject { ["instruction"] = text, ["output"] = c.b }).ToList();
            File.WriteAllText(folder["r.jsonl"], string.Concat(rows.Select(r => r.ToJsonString() + c.crlf)), new UTF8Encoding(true));
            File.WriteAllText(folder["r.json"], "[" + string.Join("," + c.crlf, rows.Select(r => r.ToJsonString())) + " ]" + c.crlf);
            File.WriteAllText(folder["lines.json"], string.Concat(rows.Select(r => r.ToJsonString() + c.crlf)));
            File.WriteAllText(folder["r.csv"], "instruction,output" + c.crlf + string.Concat(rows.Select(r => $"{Quote(r["instruction"])},{Quote(r["output"])}{c.crlf}")));
            return new[] { "r.jsonl", "r.json", "lines.json", "r.csv" }.All(name =>
            {
                var read = Read(folder[name]);
                return read.Count == rows.Count && read.Zip(rows).All(p => JsonNode.DeepEquals(p.First, p.Second));
            });
        });

        static string Quote(JsonNode? text) => $"\"{text!.GetValue<string>().Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    [Fact, Clause("DAT-2.5")]
    public void CsvFollowsItsRfc()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["r.csv"], "a,b\r\n1,\"two\r\nlines, \"\"quoted\"\"\"\r\nonly-one\r\n,\r\nx,\"y\"z\r\n\"last\",ünï");

        var rows = DatasetReader.Rows(new DatasetFile(folder["r.csv"], DatasetFormat.Csv)).ToList();

        Assert.Equal([2, 4, 5, 6, 7], rows.Select(r => r.Line));
        Assert.Equal("two\nlines, \"quoted\"", (string?)rows[0].Read()["b"]);
        Assert.Equal("DAT-2.5", Assert.Throws<MalformedDataException>(() => rows[1].Read()).Clause);
        Assert.Equal("", (string?)rows[2].Read()["b"]);
        Assert.Equal("DAT-2.5", Assert.Throws<MalformedDataException>(() => rows[3].Read()).Clause);
        Assert.Equal(("last", "ünï"), ((string?)rows[4].Read()["a"], (string?)rows[4].Read()["b"]));
    }

    [Theory, Clause("DAT-2.2")]
    [InlineData("[1]")]
    [InlineData("{\"a\":1} x")]
    [InlineData("{\"a\":1")]
    [InlineData("{\"a\":\"\\ud800\"}")]
    [InlineData("{'a':1}")]
    [InlineData("{\"a\":NaN}")]
    [InlineData("null")]
    public void ALineThatIsNoObjectSaysWhere(string line)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["r.jsonl"], "{}\n\n" + line + "\n");

        var error = Assert.Throws<MalformedDataException>(() => DatasetReader.Rows(new DatasetFile(folder["r.jsonl"], DatasetFormat.JsonLines)).Last().Read());

        Assert.Equal("DAT-2.2", error.Clause);
        Assert.StartsWith(folder["r.jsonl"] + ":3: ", error.Message, StringComparison.Ordinal);
    }

    [Fact, Clause("DAT-2.2")]
    public void ALineThatIsNotUtf8IsRefused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["r.jsonl"], [.. "{\"a\":\""u8, 0xFF, .. "\"}"u8]);

        Assert.Equal("DAT-2.2", Assert.Throws<MalformedDataException>(() => Read(folder["r.jsonl"])).Clause);
    }

    [Fact, Clause("DAT-2.6")]
    public void LinesOfTextAreRows()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["r.txt"], [.. "erste\r\n\nzweite\n"u8, 0xFF, (byte)'\n']);

        var rows = DatasetReader.Rows(new DatasetFile(folder["r.txt"], DatasetFormat.Text)).ToList();

        Assert.Equal(["erste", "", "zweite"], rows.Take(3).Select(r => (string?)r.Read()["text"]));
        Assert.Equal("DAT-2.6", Assert.Throws<MalformedDataException>(() => rows[3].Read()).Clause);
    }

    [Theory, Clause("DAT-2.3")]
    [InlineData("[{\"a\":1}")]
    [InlineData("[{\"a\":1} {\"a\":2}]")]
    [InlineData("[{\"a\":1},]")]
    [InlineData("[{\"a\":1}] x")]
    [InlineData("[{\"a\":}]")]
    [InlineData("[{\"a\":\"")]
    public void AnArrayThatBreaksOffSaysWhere(string text)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["r.json"], "\n" + text);

        var error = Assert.Throws<MalformedDataException>(() => Read(folder["r.json"]));

        Assert.Equal("DAT-2.3", error.Clause);
        Assert.StartsWith(folder["r.json"] + ":2", error.Message, StringComparison.Ordinal);
    }

    [Fact, Clause("DAT-2.7")]
    public void AnyChangedByteGivesRowsOrARefusal()
    {
        var formats = new[] { ("r.jsonl", "{\"a\":[1,{\"b\":\"ü\\n\"}]}\n{\"a\":null}\n"), ("r.json", "[{\"a\":[1,{\"b\":\"ü\\n\"}]},\n{\"a\":1e9}]"), ("r.csv", "a,b\n\"x\"\"y\",z\n1,2\n"), ("r.txt", "ü\nb\n") };
        using var folder = new TemporaryFolder();
        Law.Holds(from f in Gen.Choose(0, formats.Length - 1) from at in Gen.Choose(0, 1000) from bits in Gen.Choose(1, 255) select (f, at, bits), c =>
        {
            var (name, text) = formats[c.f];
            var bytes = Encoding.UTF8.GetBytes(text);
            bytes[c.at % bytes.Length] ^= (byte)c.bits;
            File.WriteAllBytes(folder[name], bytes);
            try
            {
                foreach (var row in DatasetReader.Rows(DatasetFiles.Find(DatasetSpec.Parse(folder[name])).Files))
                {
                    try { row.Read(); }
                    catch (DataFormatException) { }
                }
            }
            catch (DataFormatException) { }
            return true;
        }, 500);
    }

    static List<JsonObject> Read(string path) => [.. DatasetReader.Rows(DatasetFiles.Find(DatasetSpec.Parse(path)).Files).Select(r => r.Read())];
}
