using System.Security.Cryptography;
using System.Text.Json;
using Ckpt.Formats;
using Ckpt.Formats.Opening;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Formats.TorchDist;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.PropertyTests.Dcp;

/// <summary>The other forms in which torch saves: files of safetensors, compressed streams, an index a process. Beside what torch had.</summary>
public sealed class DcpFormTests
{
    [Theory, Clause("TDC-7.1"), Clause("TDC-7.2"), Clause("TDC-3.5"), Clause("TDC-2.12"), Clause("TDC-2.20"), Clause("TDC-1.6")]
    [InlineData("hf_sharded", "ckpt", FormatNames.SafetensorsShards)]
    [InlineData("hf_consolidated", "ckpt", FormatNames.Safetensors)]
    [InlineData("hf_consolidated", "ckpt/sharded", FormatNames.SafetensorsShards)]
    [InlineData("blob", "ckpt", FormatNames.TorchDcp)]
    [InlineData("zstd", "ckpt", FormatNames.TorchDcp)]
    [InlineData("per_rank", "ckpt", FormatNames.TorchDcp)]
    public void EveryTensorIsWhatTorchSaved(string name, string folder, string format)
    {
        using var expected = JsonDocument.Parse(File.ReadAllBytes(Repository.Vector("dcp", name, "expected.json")));
        using var reader = CheckpointOpener.Open(Repository.Vector("dcp", name, folder));
        Assert.Equal(format, reader.Format);
        var wanted = expected.RootElement.GetProperty("tensors").EnumerateObject().ToDictionary(t => t.Name, t => t.Value);
        Assert.Equal(wanted.Keys.Order(StringComparer.Ordinal), reader.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal));
        foreach (var tensor in reader.Tensors)
        {
            Assert.Equal(wanted[tensor.Name].GetProperty("dtype").GetString(), tensor.DType.TorchName());
            Assert.Equal(wanted[tensor.Name].GetProperty("shape").EnumerateArray().Select(d => d.GetInt64()), tensor.Shape.ToArray());
            Assert.Equal(wanted[tensor.Name].GetProperty("sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(TensorAssembler.ReadWhole(reader, tensor))));
        }
    }

    [Theory, Clause("TDC-2.12"), Clause("TDC-3.5")]
    [InlineData("blob")]
    [InlineData("zstd")]
    public void ObjectsBesideAreRead(string name)
    {
        using var reader = TorchDistReader.Open(Repository.Vector("dcp", name, "ckpt"));
        Assert.Equal(12, (int)((PickleInt)reader.ReadObject("extra.steps")).Value);
    }

    [Fact, Clause("TDC-1.6")]
    public void WhatRanksSavedEachForItselfIsKeptApart()
    {
        using var reader = TorchDistReader.Open(Repository.Vector("dcp", "per_rank", "ckpt"));
        Assert.Equal("of 0", ((PickleString)reader.ReadObject("words")).Value);
        Assert.Equal("of 1", ((PickleString)reader.ReadObject("words@rank1")).Value);
        var replica = Assert.Single(reader.Replicas);
        var shared = reader.Tensors[replica.Tensor];
        Assert.Equal(("shared", "__1_0.distcp"), (shared.Name, reader.Files[replica.File].Path));
        Assert.Equal(TensorAssembler.ReadWhole(reader, shared), TensorAssembler.ReadPayload(reader.LocateReplica(0), shared.Shape, shared.DType));
    }

    [Fact, Clause("TDC-2.20")]
    public void ReadingCompressedStreamsHasItsPrice()
    {
        using var packed = CheckpointOpener.Open(Repository.Vector("dcp", "zstd", "ckpt"));
        using var plain = CheckpointOpener.Open(Repository.Vector("dcp", "blob", "ckpt"));
        Assert.True(packed.ReadingCost is { FixedBytes: > 0, BytesPerThread: > 0 });
        Assert.Equal(default, plain.ReadingCost);
    }

    [Fact, Clause("TDC-7.2")]
    public void ShardsThatWereNotPutTogetherAreFoundBelow()
    {
        using var folder = new TemporaryFolder();
        var sharded = Directory.CreateDirectory(folder["sharded"]).FullName;
        foreach (var file in Directory.EnumerateFiles(Repository.Vector("dcp", "hf_consolidated", "ckpt/sharded"))) { File.Copy(file, Path.Combine(sharded, Path.GetFileName(file))); }
        Assert.Equal(new DetectedCheckpoint(FormatNames.SafetensorsShards, sharded), CheckpointOpener.Detect(folder.Path));
        Assert.Equal(new DetectedCheckpoint(FormatNames.SafetensorsShards, sharded), CheckpointOpener.Detect(Directory.EnumerateFiles(sharded).First()));
    }
}
