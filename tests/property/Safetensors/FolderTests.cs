using System.Text;
using Ckpt.Formats;
using Ckpt.Formats.Safetensors;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.PropertyTests.Safetensors;

/// <summary>Which files of a folder are read, and what is said about the others.</summary>
public sealed class FolderTests : IDisposable
{
    const string Index = "model.safetensors.index.json";
    const string First = "model-00001-of-00002.safetensors";
    const string Second = "model-00002-of-00002.safetensors";
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact, Clause("SFT-6.1"), Clause("SFT-5.7"), Clause("SFT-5.8")]
    public void AnIndexBindsItsFiles()
    {
        Put(Second, "c", "d");
        Put(First, "b", "a");
        PutIndex("""{"metadata":{"total_size":8},"weight_map":{"a":"@1","b":"@1","c":"@2","d":"@2"}}""");
        AssertOpens(["a", "b", "c", "d"], []);
    }

    [Fact, Clause("SFT-6.1")]
    public void AnIndexGoesBeforeTheSingleFile()
    {
        Put(First, "a");
        Put(Second, "b");
        Put("model.safetensors", "old");
        Put("consolidated.safetensors", "other");
        PutIndex("""{"metadata":{"total_size":4},"weight_map":{"a":"@1","b":"@2"}}""");
        AssertOpens(["a", "b"], ["both there", "not read: 'consolidated.safetensors', 'model.safetensors'"]);
    }

    [Fact, Clause("SFT-6.1")]
    public void AnIndexMayNameTheSingleFile()
    {
        Put("model.safetensors", "a");
        PutIndex("""{"metadata":{"total_size":2},"weight_map":{"a":"model.safetensors"}}""");
        AssertOpens(["a"], []);
    }

    [Fact, Clause("SFT-6.2")]
    public void TheSingleFileGoesBeforeAllOthers()
    {
        Put("model.safetensors", "a");
        Put("adapter_model.safetensors", "b");
        Put(First, "c");
        AssertOpens(["a"], ["not read: 'adapter_model.safetensors', 'model-00001-of-00002.safetensors'"]);
    }

    [Fact, Clause("SFT-6.2")]
    public void AnAdapterIsAKnownName()
    {
        Put("adapter_model.safetensors", "b");
        File.WriteAllText(_folder["adapter_config.json"], "{}");
        AssertOpens(["b"], []);
    }

    [Fact, Clause("SFT-6.3")]
    public void AVariantIsReadWhereItIsAllThereIs()
    {
        Put("model.fp16-00001-of-00001.safetensors", "a");
        File.WriteAllText(_folder["model.fp16.safetensors.index.json"], """{"metadata":{"total_size":2},"weight_map":{"a":"model.fp16-00001-of-00001.safetensors"}}""");
        AssertOpens(["a"], ["model.fp16.safetensors.index.json is read"]);
    }

    [Fact, Clause("SFT-6.3"), Clause("SFT-6.5")]
    public void ACompleteSetNeedsNoIndex()
    {
        Put(Second, "b");
        Put(First, "a");
        AssertOpens(["a", "b"], ["is read"]);
    }

    [Fact, Clause("SFT-6.3")]
    public void AnOnlyFileOfAnyNameIsRead()
    {
        Put("weights.safetensors", "a");
        AssertOpens(["a"], ["'weights.safetensors' is read"]);
    }

    [Fact, Clause("SFT-5.5")]
    public void AFileMayLieInASubfolder()
    {
        Directory.CreateDirectory(_folder["sub"]);
        Put("sub/x.safetensors", "a");
        PutIndex("""{"metadata":{"total_size":2},"weight_map":{"a":"sub/x.safetensors"}}""");
        AssertOpens(["a"], []);
    }

    [Theory, Clause("SFT-5.10")]
    [InlineData("""{"metadata":{},"weight_map":{"a":"@1","b":"@2"}}""", "no metadata.total_size")]
    [InlineData("""{"weight_map":{"a":"@1","b":"@2"}}""", "no metadata.total_size")]
    [InlineData("""{"metadata":null,"weight_map":{"a":"@1","b":"@2"}}""", "no metadata.total_size")]
    [InlineData("""{"metadata":{"total_size":"4"},"weight_map":{"a":"@1","b":"@2"}}""", "total_size \"4\", the tensors have 4")]
    [InlineData("""{"metadata":{"total_size":4.0},"weight_map":{"a":"@1","b":"@2"}}""", "total_size 4.0, the tensors have 4")]
    [InlineData("""{"metadata":{"total_size":2},"weight_map":{"a":"@1","b":"@2"}}""", "total_size 2, the tensors have 4")]
    [InlineData("""{"metadata":{"total_size":{"x":[1]},"y":[[]]},"weight_map":{"a":"@1","b":"@2"}}""", "total_size {, the tensors have 4")]
    public void AnOddTotalSizeIsAWarning(string index, string warning)
    {
        Put(First, "a");
        Put(Second, "b");
        PutIndex(index);
        AssertOpens(["a", "b"], [warning]);
    }

    [Fact, Clause("SFT-5.10")]
    public void ACountInFileNamesThatIsNotTheirsIsAWarning()
    {
        Put("model-00001-of-00003.safetensors", "a");
        PutIndex("""{"metadata":{"total_size":2},"weight_map":{"a":"model-00001-of-00003.safetensors"}}""");
        AssertOpens(["a"], ["there are 3 files, the index names 1"]);
    }

    [Fact, Clause("SFT-5.11")]
    public void AByteOrderMarkBeforeTheIndexIsAWarning()
    {
        Put(First, "a");
        Put(Second, "b");
        File.WriteAllText(_folder[Index], $$$"""{"metadata":{"total_size":4},"weight_map":{"a":"{{{First}}}","b":"{{{Second}}}"}}""", new UTF8Encoding(true));
        AssertOpens(["a", "b"], ["byte order mark"]);
    }

    [Fact, Clause("SFT-5.1")]
    public void AnIndexPastTheLimitIsNotRead()
    {
        using (var file = File.Create(_folder[Index])) { file.SetLength(100_000_001); }
        var error = Assert.Throws<MalformedCheckpointException>(() => SafetensorsReader.Open(_folder.Path));
        Assert.Equal("SFT-5.1", error.Clause);
    }

    [Fact, Clause("SFT-5.6")]
    public void MissingFilesAreCountedAndNamed()
    {
        Put(First, "a");
        PutIndex("""{"weight_map":{"a":"@1","b":"@2","c":"@2"}}""");
        var error = Assert.Throws<MalformedCheckpointException>(() => SafetensorsReader.Open(_folder.Path));
        Assert.Equal($"{_folder[Index]}: 1 of 2 files are missing, with 2 tensors: '{Second}' [SFT-5.6]", error.Message);
    }

    [Fact, Clause("SFT-3.5")]
    public void ACutFileNamesWhatIsMissing()
    {
        Put("model.safetensors", "a", "b", "c");
        var path = _folder["model.safetensors"];
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^3]);
        var error = Assert.Throws<MalformedCheckpointException>(() => SafetensorsReader.Open(path));
        Assert.Equal($"{path}: the file is cut: 6 bytes of data announced, 3 there, 3 missing; not complete are 2 of 3 tensors: 'b', 'c' [SFT-3.5]", error.Message);
    }

    [Fact]
    public void AnIndexOrAFileIsOpenedByItsOwnPath()
    {
        Put(First, "a");
        Put(Second, "b");
        PutIndex("""{"metadata":{"total_size":4},"weight_map":{"a":"@1","b":"@2"}}""");
        using var all = SafetensorsReader.Open(_folder[Index]);
        Assert.Equal(["a", "b"], all.Tensors.Select(t => t.Name));
        Assert.Empty(all.Warnings);
        using var one = SafetensorsReader.Open(_folder[Second]);
        Assert.Equal(["b"], one.Tensors.Select(t => t.Name));
        Assert.Empty(one.Warnings);
    }

    [Fact, Clause("SFT-5.2")]
    public void AnyJsonGivenByItsPathIsTakenAsAnIndex()
    {
        File.WriteAllText(_folder["a.json"], "x");
        Assert.Equal("SFT-5.2", Assert.Throws<MalformedCheckpointException>(() => SafetensorsReader.Open(_folder["a.json"])).Clause);
        Put("b.safetensors", "t");
        File.WriteAllText(_folder["b.json"], """{"weight_map":{"t":"b.safetensors"}}""");
        using var reader = SafetensorsReader.Open(_folder["b.json"]);
        Assert.Equal(["t"], reader.Tensors.Select(t => t.Name));
    }

    [Fact]
    public void NothingAtThePathIsAMissingFile() => Assert.Throws<FileNotFoundException>(() => SafetensorsReader.Open(_folder["nothing"]));

    [Fact]
    public void AFileThatChangedSinceItWasOpenedIsNotReadFrom()
    {
        Put("model.safetensors", "a");
        using var reader = SafetensorsReader.Open(_folder.Path);
        File.AppendAllText(_folder["model.safetensors"], "x");
        var payload = reader.Locate(reader.Tensors[0], 0);
        Assert.Throws<IOException>(() => payload.Source.ReadExactly(payload.Offset, new byte[2]));
    }

    /// <summary>A file of tensors of two bytes each.</summary>
    void Put(string file, params string[] names)
    {
        var layout = new SafetensorsWriter().LayOut([.. names.Select(n => TensorTarget.Whole(n, DType.U8, new Shape(2)))]);
        File.WriteAllBytes(_folder[file], LayoutFiller.Fill(layout, (_, _) => [1, 2]).Single().Value);
    }

    void PutIndex(string json) => File.WriteAllText(_folder[Index], json.Replace("@1", First, StringComparison.Ordinal).Replace("@2", Second, StringComparison.Ordinal));

    void AssertOpens(string[] names, string[] warnings)
    {
        using var reader = SafetensorsReader.Open(_folder.Path);
        Assert.Equal(names, reader.Tensors.Select(t => t.Name));
        Assert.Equal(warnings.Length, reader.Warnings.Count);
        Assert.All(warnings.Zip(reader.Warnings), w => Assert.Contains(w.First, w.Second, StringComparison.Ordinal));
    }
}
