using System.Text.Json;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Zarr;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.PropertyTests.Zarr;

/// <summary>Arrays by zarr-python 3.4.1 and numcodecs 0.17 read to what zarr-python reads.</summary>
public sealed class ZarrFixtureTests
{
    static readonly JsonElement s_expected =
        JsonDocument.Parse(File.ReadAllBytes(Repository.Vector("zarr", "arrays", "expected.json"))).RootElement.GetProperty("arrays");

    public static TheoryData<string> Arrays
    {
        get
        {
            var data = new TheoryData<string>();
            foreach (var array in s_expected.EnumerateObject()) { data.Add(array.Name); }
            return data;
        }
    }

    [Theory, MemberData(nameof(Arrays)), Clause("ZAR-2.3"), Clause("ZAR-3.4"), Clause("ZAR-3.9"), Clause("ZAR-3.3")]
    public void EveryArrayReadsToTheHashOfItsMaker(string name)
    {
        var expected = s_expected.GetProperty(name);
        var (folder, tensorName) = name.Split('/', 2) is [var group, var inner] ? (group, inner) : (name, name);
        using var reader = ZarrVectors.OpenArray(folder);
        var tensor = reader.Tensors.Single(t => t.Name == tensorName);
        Assert.Equal(expected.GetProperty("shape").EnumerateArray().Select(d => d.GetInt64()), tensor.Shape.ToArray());
        var bytes = TensorAssembler.ReadWhole(reader, tensor);
        var dtype = expected.GetProperty("dtype").GetString()!;
        if (dtype.StartsWith('>'))
        {
            // The hash is of numpy's bytes, which of this type have the highest first.
            for (var at = 0; at < bytes.Length; at += tensor.DType.ByteSize()) { Array.Reverse(bytes, at, tensor.DType.ByteSize()); }
            dtype = dtype == ">f4" ? "float32" : "int32";
        }
        Assert.Equal(dtype, tensor.DType.TorchName());
        Assert.Equal(expected.GetProperty("sha256").GetString(), ZarrVectors.Sha256(bytes));
    }

    [Fact, Clause("ZAR-1.2"), Clause("ZAR-1.3")]
    public void AGroupReadsAlikeWithAndWithoutConsolidatedMetadata()
    {
        using var folder = new TemporaryFolder();
        var path = ZarrVectors.Copy(folder, "arrays", "v3-group");
        using var consolidated = ZarrReader.Open(path);
        Assert.Equal(["a/w", "b"], consolidated.Tensors.Select(t => t.Name));
        Assert.Equal("zarr.json", consolidated.Files[consolidated.Tensors[0].Boxes[0].File == 0 ? 1 : 0].Path);
        File.WriteAllText(Path.Combine(path, "zarr.json"), """{"zarr_format": 3, "node_type": "group"}""");
        using var walked = ZarrReader.Open(path);
        Assert.Equal(consolidated.Tensors.Select(Text), walked.Tensors.Select(Text));
        Assert.True((bool)consolidated.Describe()["consolidated"]!);
        Assert.False((bool)walked.Describe()["consolidated"]!);

        static string Text(TensorInfo tensor) => $"{tensor.Name} {tensor.DType} {tensor.Shape} {tensor.Boxes.Count}";
    }

    [Fact, Clause("ZAR-3.1")]
    public void FilesOfOtherNamesAreLeftAlone()
    {
        using var folder = new TemporaryFolder();
        var path = ZarrVectors.Copy(folder, "arrays", "v2-plain-dot");
        foreach (var name in (string[])["0.0.__partial", "00.0", "0.-1", "-1.0", ".0.0", "0.0.tmp", "99999999999999999999.0", "notes"]) { File.WriteAllText(Path.Combine(path, name), "x"); }
        using var reader = ZarrReader.Open(path);
        Assert.Equal(s_expected.GetProperty("v2-plain-dot").GetProperty("sha256").GetString(), ZarrVectors.Sha256(TensorAssembler.ReadWhole(reader, reader.Tensors[0])));
    }

    [Fact, Clause("ZAR-3.9")]
    public void PlainChunksAreReadInPlace()
    {
        using var reader = ZarrVectors.OpenArray("v2-orderF");
        var tensor = reader.Tensors[0];
        var payload = reader.Locate(tensor, 0);
        Assert.Equal([1L, 10L], payload.Strides);
        Assert.Equal((0L, 320L), (payload.Offset, payload.Source.Length));
        Assert.Equal(default, reader.ReadingCost);
    }

    [Fact, Clause("SHD-5.1"), Clause("ZAR-3.5")]
    public void EncodedChunksCostACacheAndOneChunkAThread()
    {
        using var reader = ZarrVectors.OpenArray("v2-zstd");
        var chunks = reader.Tensors[0].Boxes;
        Assert.Equal(12, chunks.Count);
        Assert.Equal(new ReadingCost(12 * 320, 320 + chunks.Max(c => c.Length)), reader.ReadingCost);
        using var two = ZarrVectors.OpenArray("v3-zstd-crc"); // and what lies between the two codecs, of which only the most is known
        Assert.True(two.ReadingCost is { FixedBytes: 12 * 320, BytesPerThread: > 640 });
    }

    [Fact, Clause("SHD-9.3")]
    public void MoreChunksThanMayBeOpenAreRead()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["a"]);
        File.WriteAllText(folder["a/.zarray"], """{"chunks": [2], "compressor": null, "dtype": "|u1", "fill_value": null, "filters": null, "order": "C", "shape": [1000], "zarr_format": 2}""");
        for (var i = 0; i < 500; i++) { File.WriteAllBytes(folder[$"a/{i}"], [(byte)i, (byte)(i >> 8)]); }
        using var reader = ZarrReader.Open(folder["a"]);
        Assert.Equal(Enumerable.Range(0, 500).SelectMany(i => (byte[])[(byte)i, (byte)(i >> 8)]), TensorAssembler.ReadWhole(reader, reader.Tensors[0]));
        if (OperatingSystem.IsLinux())
        {
            var open = new DirectoryInfo("/proc/self/fd").EnumerateFiles().Count(f => f.LinkTarget?.StartsWith(folder.Path, StringComparison.Ordinal) == true);
            Assert.InRange(open, 1, 200);
        }
    }

    [Fact, Clause("ZAR-1.6")]
    public void AFileThatChangedMeanwhileIsRefused()
    {
        using var folder = new TemporaryFolder();
        var path = ZarrVectors.Copy(folder, "arrays", "v2-u1");
        using var reader = ZarrReader.Open(path);
        File.WriteAllBytes(Path.Combine(path, "0"), new byte[65]);
        var fault = Assert.Throws<Formats.MalformedCheckpointException>(() => TensorAssembler.ReadWhole(reader, reader.Tensors[0]));
        Assert.Equal("ZAR-1.6", fault.Clause);
    }

    [Fact, Clause("ZAR-1.4")]
    public void ALinkToAFolderAroundItIsRefused()
    {
        using var folder = new TemporaryFolder();
        var path = ZarrVectors.Copy(folder, "arrays", "v3-group");
        File.WriteAllText(Path.Combine(path, "zarr.json"), """{"zarr_format": 3, "node_type": "group"}""");
        Directory.CreateSymbolicLink(Path.Combine(path, "a", "again"), path);
        Assert.Equal("ZAR-1.4", Assert.Throws<Formats.MalformedCheckpointException>(() => ZarrReader.Open(path)).Clause);
    }

    [Theory, Clause("ZAR-3.3")]
    [InlineData("<f4", "\"NaN\"", "0000C07F")]
    [InlineData("<f4", "\"-Infinity\"", "000080FF")]
    [InlineData("<f4", "1.5", "0000C03F")]
    [InlineData("<f4", "\"0x3fc00000\"", "0000C03F")]
    [InlineData("<f2", "1", "003C")]
    [InlineData("<f8", "-2", "00000000000000C0")]
    [InlineData("bfloat16", "1.00390625", "803F")]
    [InlineData("bfloat16", "1.01171875", "823F")]
    [InlineData("bfloat16", "\"NaN\"", "C07F")]
    [InlineData("<V2", "\"gD8=\"", "803F")]
    [InlineData(">i2", "-2", "FEFF")]
    [InlineData("|u1", "255", "FF")]
    [InlineData("<u8", "18446744073709551615", "FFFFFFFFFFFFFFFF")]
    [InlineData("|b1", "true", "01")]
    [InlineData("<c8", "[1.5, -0.0]", "0000C03F00000080")]
    public void WhatIsNotStoredIsTheFillValue(string dtype, string fill, string element)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["a"]);
        File.WriteAllText(folder["a/.zarray"], $$"""{"chunks": [2], "compressor": null, "dtype": "{{dtype}}", "fill_value": {{fill}}, "filters": null, "order": "C", "shape": [1000000000001], "zarr_format": 2}""");
        using var reader = ZarrReader.Open(folder["a"]);
        var only = Assert.Single(reader.Tensors[0].Boxes);
        var size = reader.Tensors[0].DType.ByteSize();
        var bytes = new byte[3 * size];
        reader.Locate(reader.Tensors[0], 0).Source.ReadExactly(only.Box.Volume * size - bytes.Length, bytes);
        Assert.Equal(element + element + element, Convert.ToHexString(bytes));
    }
}
