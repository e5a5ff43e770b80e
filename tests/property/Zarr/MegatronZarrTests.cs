using System.Text.Json;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Formats.Zarr;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.PropertyTests.Zarr;

/// <summary>A checkpoint by the zarr strategy of Megatron-core 0.10 reads to the hashes its maker recorded.</summary>
public sealed class MegatronZarrTests
{
    const string Fixture = "qwen3_moe-tp2ep2";
    const string Iteration = "iter_0000001";
    static readonly JsonElement s_expected = JsonDocument.Parse(File.ReadAllBytes(Repository.Vector("zarr", "megatron", Fixture, "expected.json"))).RootElement;

    static string Vector => Repository.Vector("zarr", "megatron", Fixture);

    [Fact, Clause("ZAR-5.1"), Clause("ZAR-5.2")]
    public void EveryTensorReadsToTheHashOfItsMaker()
    {
        using var reader = MegatronZarrReader.Open(Vector);
        var expected = s_expected.GetProperty("tensors");
        Assert.Equal(expected.EnumerateObject().Select(t => t.Name).Order(StringComparer.Ordinal), reader.Tensors.Select(t => t.Name));
        foreach (var tensor in reader.Tensors)
        {
            var told = expected.GetProperty(tensor.Name);
            Assert.Equal(told.GetProperty("shape").EnumerateArray().Select(d => d.GetInt64()), tensor.Shape.ToArray());
            Assert.Equal(told.GetProperty("dtype").GetString(), tensor.DType.TorchName());
            Assert.Equal(told.GetProperty("files").GetInt32(), tensor.Boxes.Count);
            Assert.Equal(told.GetProperty("sha256").GetString(), ZarrVectors.Sha256(TensorAssembler.ReadWhole(reader, tensor)));
        }
    }

    [Fact, Clause("ZAR-5.3"), Clause("ZAR-5.5")]
    public void ObjectsAndCommonStateAreRead()
    {
        using var reader = MegatronZarrReader.Open(Path.Combine(Vector, Iteration));
        Assert.Equal(s_expected.GetProperty("objects").EnumerateArray().Select(o => o.GetString()!).Order(StringComparer.Ordinal), reader.Objects.Select(o => o.Name).Order(StringComparer.Ordinal));
        foreach (var item in reader.Objects) { Assert.IsNotType<PickleList>(reader.ReadObject(item.Name)); }
        Assert.NotNull(reader.Common);
        Assert.Equal((1L, false, "zarr"), (reader.Iteration, reader.IsRelease, reader.Format));
        Assert.Throws<KeyNotFoundException>(() => reader.ReadObject("nothing"));
        Assert.Contains("checkpoint_version", reader.Describe()["common"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Theory, Clause("ZAR-5.1")]
    [InlineData("bfloat16")]
    [InlineData("<V2")]
    [InlineData("|V2")]
    public void TwoBytesOfNoTypeAreBFloat16(string dtype)
    {
        using var folder = new TemporaryFolder();
        var path = ZarrVectors.Copy(folder, "megatron", Fixture);
        var file = Path.Combine(path, Iteration, "decoder.final_layernorm.weight", ".zarray");
        File.WriteAllText(file, File.ReadAllText(file).Replace("bfloat16", dtype, StringComparison.Ordinal));
        using var reader = MegatronZarrReader.Open(path);
        Assert.Equal(DType.BF16, reader.Tensors.Single(t => t.Name == "decoder.final_layernorm.weight").DType);
    }

    [Fact, Clause("ZAR-5.4")]
    public void LocksAndEmptyFoldersAreLeftAlone()
    {
        using var folder = new TemporaryFolder();
        var path = ZarrVectors.Copy(folder, "megatron", Fixture);
        Directory.CreateDirectory(Path.Combine(path, Iteration, "optimizer.state.exp_avg.sync"));
        File.WriteAllText(Path.Combine(path, Iteration, "optimizer.state.exp_avg.sync", ".zarray"), "{}");
        Directory.CreateDirectory(Path.Combine(path, Iteration, "nothing"));
        using var reader = MegatronZarrReader.Open(path);
        Assert.Equal(s_expected.GetProperty("tensors").EnumerateObject().Count(), reader.Tensors.Count);
    }

    [Fact, Clause("ZAR-5.3")]
    public void ANumberThatOldVersionsLostIsPutBack()
    {
        using var folder = new TemporaryFolder();
        var path = ZarrVectors.Copy(folder, "megatron", Fixture);
        var key = Path.Combine(path, Iteration, "decoder.layers.mlp.experts.experts.linear_fc2._extra_state");
        // What Path.with_suffix(".pt") made of shard_3.6_4.8.
        foreach (var file in Directory.GetFiles(key)) { File.Move(file, file.Replace(".8.pt", ".pt", StringComparison.Ordinal)); }
        Assert.True(File.Exists(Path.Combine(key, "shard_3.6_4.pt")));
        using var reader = MegatronZarrReader.Open(path);
        Assert.Equal(s_expected.GetProperty("objects").EnumerateArray().Select(o => o.GetString()!).Order(StringComparer.Ordinal), reader.Objects.Select(o => o.Name).Order(StringComparer.Ordinal));
    }

    [Fact, Clause("ZAR-5.1"), Clause("ZAR-3.3")]
    public void AnInterruptedSaveIsRefused()
    {
        using var folder = new TemporaryFolder();
        var path = ZarrVectors.Copy(folder, "megatron", Fixture);
        File.Delete(Path.Combine(path, Iteration, "decoder.layers.mlp.router.weight", "2.0.0"));
        Assert.Equal("ZAR-3.3", Assert.Throws<MalformedCheckpointException>(() => MegatronZarrReader.Open(path)).Clause);
        File.Delete(Path.Combine(path, Iteration, "metadata.json"));
        Assert.Equal("ZAR-5.1", Assert.Throws<MalformedCheckpointException>(() => MegatronZarrReader.Open(path)).Clause);
        Assert.Equal("ZAR-5.1", Assert.Throws<MalformedCheckpointException>(() => MegatronZarrReader.Open(folder["gone"])).Clause);
        Assert.Equal("CLI-6.4", Assert.Throws<MalformedCheckpointException>(() => CheckpointOpener.Open(path)).Clause);
    }

    [Fact, Clause("ZAR-5.5")]
    public void ACommonStateThatIsNoDictIsRefused()
    {
        using var folder = new TemporaryFolder();
        var path = ZarrVectors.Copy(folder, "megatron", Fixture);
        File.WriteAllBytes(Path.Combine(path, Iteration, "common.pt"), TorchSave.ToBytes(new PickleList(), "common"));
        using var reader = MegatronZarrReader.Open(path);
        Assert.Equal("ZAR-5.5", Assert.Throws<MalformedCheckpointException>(() => reader.Common).Clause);
    }

    [Fact, Clause("ZAR-6.6")]
    public void WhatIsReadIsWrittenAgainByteForByte()
    {
        using var reader = MegatronZarrReader.Open(Vector);
        var options = new MegatronZarrWriterOptions
        {
            Common = reader.Common!,
            CommonStorages = reader.CommonStorages,
            Objects = [.. reader.Objects.Select(o => new MegatronZarrObject(o.Name, reader.ReadObject(o.Name), reader.OpenObject(o.Name).ReadStorages()))],
        };
        var targets = reader.Tensors.Select(t => new TensorTarget(t.Name, t.DType, t.Shape, [.. t.Boxes.Select(b => b.Box)])).ToList();
        var written = LayoutFiller.Fill(new MegatronZarrWriter(options).LayOut(targets), (t, b) => TensorAssembler.ReadBox(reader, reader.Tensors[t], b)).ToDictionary();
        var files = Directory.EnumerateFiles(Vector, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(Vector, f)).Where(f => f != "expected.json").ToList();
        Assert.Equal(files.Order(StringComparer.Ordinal), written.Keys.Order(StringComparer.Ordinal));
        foreach (var file in files)
        {
            // torch.save of 2.6 wrote records in another order than 2.7; spec/torch.md says which we write.
            if (!file.EndsWith(".pt", StringComparison.Ordinal)) { Assert.True(File.ReadAllBytes(Path.Combine(Vector, file)).AsSpan().SequenceEqual(written[file]), file); }
        }
    }
}
