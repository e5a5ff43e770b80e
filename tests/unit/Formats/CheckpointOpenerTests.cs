using Ckpt.Formats;
using Ckpt.Formats.Opening;
using Ckpt.Kit;
using Ckpt.UnitTests.Cli;
using Xunit;

namespace Ckpt.UnitTests.Formats;

public sealed class CheckpointOpenerTests : IDisposable
{
    const string TorchDistJson = """{"sharded_backend": "torch_dist", "sharded_backend_version": 1}""";
    const string ZarrJson = """{"sharded_backend": "zarr", "sharded_backend_version": 1, "common_backend": "torch", "common_backend_version": 1}""";

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [Clause("CLI-6.1")]
    [InlineData("metadata.json .metadata __0_0.distcp common.pt", "torch_dist")]
    [InlineData(".metadata __0_0.distcp", "torch_dcp")]
    [InlineData("__0.metadata __1.metadata __0_0.distcp", "torch_dcp")]
    [InlineData("shard-00001-model-00001-of-00001.safetensors", "safetensors_shards")]
    [InlineData("shard-00001-model-00001-of-00001.safetensors model.safetensors.index.json", "safetensors")]
    [InlineData("shard-00001.safetensors sharded/shard-00001-model-00001-of-00001.safetensors", "safetensors")]
    [InlineData("mp_rank_00/model_optim_rng.pt", "torch")]
    [InlineData("mp_rank_00_000/model_optim_rng.pt .metadata", "torch")]
    [InlineData("model.safetensors config.json pytorch_model.bin", "safetensors")]
    [InlineData("model.safetensors.index.json", "safetensors")]
    [InlineData("adapter_model.safetensors adapter_config.json", "safetensors")]
    [InlineData("iter_0000003_1_local.pt", "nvrx_local")]
    [InlineData("run/0/iter_0000003_0_local.pt", "nvrx_local")]
    [InlineData("model-q4.gguf", "gguf")]
    [InlineData("pytorch_model-00001-of-00002.bin", "pytorch_bin")]
    [InlineData("consolidated.00.pth params.json", "pytorch_bin")]
    [InlineData(".zarray 0.0", "zarr")]
    [InlineData("zarr.json release/zarr.json", "zarr")]
    [InlineData(".zgroup .zmetadata a/.zarray", "zarr")]
    [InlineData("key.a/.zarray key.a/0.0 notes.txt", "zarr")]
    [InlineData("b/zarr.json README.md", "zarr")]
    public void AFolderIsWhatItsNamesSay(string files, string format)
    {
        Put("c", files.Split(' '));
        Assert.Equal(new DetectedCheckpoint(format, _folder["c"]), CheckpointOpener.Detect(_folder["c"]));
    }

    [Theory]
    [Clause("CLI-6.1")]
    [InlineData(ZarrJson, "zarr")]
    [InlineData("""{"sharded_backend": "fsdp_dtensor"}""", "fsdp_dtensor")]
    [InlineData("""{"name": "something else"}""", "torch_dcp")]
    [InlineData("""["sharded_backend"]""", "torch_dcp")]
    [InlineData("""{"sharded_backend": 7}""", "torch_dcp")]
    [InlineData("""{"sharded_backend": "\ud800"}""", "torch_dcp")]
    [InlineData("{", "torch_dcp")]
    public void TheBackendIsTheOneNamed(string metadata, string format)
    {
        Put("c", ".metadata");
        File.WriteAllText(_folder["c/metadata.json"], metadata);
        Assert.Equal(format, CheckpointOpener.Detect(_folder["c"]).Format);
    }

    [Theory]
    [Clause("CLI-6.1")]
    [InlineData("c/model.safetensors", "safetensors", "c/model.safetensors")]
    [InlineData("c/model.safetensors.index.json", "safetensors", "c/model.safetensors.index.json")]
    [InlineData("c/.metadata", "torch_dcp", "c")]
    [InlineData("c/__0_0.distcp", "torch_dcp", "c")]
    [InlineData("c/pytorch_model.bin", "pytorch_bin", "c/pytorch_model.bin")]
    [InlineData("c/m.gguf", "gguf", "c/m.gguf")]
    public void AFileIsItselfOrItsFolder(string file, string format, string found)
    {
        Put("c", "model.safetensors", "model.safetensors.index.json", ".metadata", "__0_0.distcp", "pytorch_model.bin", "m.gguf");
        Assert.Equal(new DetectedCheckpoint(format, _folder[found]), CheckpointOpener.Detect(_folder[file]));
    }

    [Theory]
    [Clause("CLI-6.1")]
    [InlineData("c/mp_rank_00_001")]
    [InlineData("c/mp_rank_00_001/")]
    [InlineData("c/mp_rank_00_001/model_optim_rng.pt")]
    [InlineData("c/mp_rank_00_001/distrib_optim.pt")]
    public void ARankStandsForAllRanks(string path)
    {
        Put("c", "mp_rank_00_000/model_optim_rng.pt", "mp_rank_00_001/model_optim_rng.pt", "mp_rank_00_001/distrib_optim.pt");
        Assert.Equal(new DetectedCheckpoint("torch", _folder["c"]), CheckpointOpener.Detect(_folder[path]));
    }

    [Theory]
    [Clause("CLI-6.2")]
    [InlineData("12", "iter_0000012")]
    [InlineData("12\n", "iter_0000012")]
    [InlineData("123456789", "iter_123456789")]
    [InlineData("release", "release")]
    [InlineData(null, "iter_0000012")]
    public void AFolderOfIterationsStandsForOne(string? tracker, string iteration)
    {
        Put("c/" + iteration, "metadata.json", ".metadata");
        if (tracker is not null)
        {
            Put("c/iter_0000001", "metadata.json");
            File.WriteAllText(_folder["c/latest_checkpointed_iteration.txt"], tracker);
        }
        Assert.Equal(new DetectedCheckpoint("torch_dist", _folder["c/" + iteration]), CheckpointOpener.Detect(_folder["c"]));
    }

    [Theory]
    [Clause("CLI-6.2")]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("2")]
    [InlineData("latest")]
    [InlineData("99999999999999999999999")]
    [InlineData("../iter_0000001")]
    [InlineData("release")]
    public void ATrackerThatNamesNoIterationIsRefused(string tracker)
    {
        Put("c/iter_0000001", "metadata.json", ".metadata");
        File.WriteAllText(_folder["c/latest_checkpointed_iteration.txt"], tracker);
        Assert.Equal("CLI-6.2", Assert.Throws<MalformedCheckpointException>(() => CheckpointOpener.Detect(_folder["c"])).Clause);
    }

    [Fact]
    [Clause("CLI-6.2")]
    public void SeveralIterationsNeedATracker()
    {
        Put("c/iter_0000001", "metadata.json");
        Put("c/iter_0000002", "metadata.json");
        Assert.Contains("iter_0000001, iter_0000002", Assert.Throws<MalformedCheckpointException>(() => CheckpointOpener.Detect(_folder["c"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SafetensorsBesideAnIterationWithoutWeightsAreTaken()
    {
        Put("c", "model.safetensors");
        Put("c/iter_0000001", "common.pt");
        Assert.Equal(new DetectedCheckpoint("safetensors", _folder["c"]), CheckpointOpener.Detect(_folder["c"]));
    }

    [Fact]
    public void NemoKeepsItsWeightsInAFolderOfThatName()
    {
        Put("c/weights", "metadata.json", ".metadata");
        Put("c/context", "model.yaml");
        Assert.Equal(_folder["c/weights"], CheckpointOpener.Detect(_folder["c"]).Path);
    }

    [Theory]
    [Clause("CLI-6.3")]
    [InlineData("mp_rank_00/model_optim_rng.pt", "mp_rank_*")]
    [InlineData("pytorch_model.bin", "PyTorch files")]
    [InlineData("iter_0000003_1_local.pt", "nvidia-resiliency-ext")]
    [InlineData("a.gguf", "GGUF")]
    public void AFormatThatIsOnlyRecognisedIsRefusedByName(string file, string name)
    {
        Put("c", file);
        var fault = Assert.Throws<UnsupportedCheckpointException>(() => CheckpointOpener.Open(_folder["c"], FakeCheckpoint.Formats()));
        Assert.Equal("CLI-6.3", fault.Clause);
        Assert.Contains(name, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Clause("CLI-6.3")]
    public void OfLocalCheckpointsItIsSaidWhatThereIs()
    {
        Put("c", "run/0/iter_0000003_0_local.pt", "run/0/iter_0000005_0_local.pt", "run/1/iter_0000005_1_local.pt", "run/1/iter_0000005_1_local.pt.dirty");
        var message = Assert.Throws<UnsupportedCheckpointException>(() => CheckpointOpener.Open(_folder["c"], FakeCheckpoint.Formats())).Message;
        Assert.Contains("(3 files of iterations 3 to 5 by 2 ranks: 'run/0/iter_0000003_0_local.pt', ", message, StringComparison.Ordinal);
        Assert.Contains("save a global checkpoint", message, StringComparison.Ordinal);
    }

    [Fact]
    [Clause("CLI-6.3")]
    public void ZarrAndUnknownBackendsAreRefusedByName()
    {
        Put("c");
        File.WriteAllText(_folder["c/metadata.json"], ZarrJson);
        Assert.Contains("zarr", Assert.Throws<UnsupportedCheckpointException>(() => CheckpointOpener.Open(_folder["c"], FakeCheckpoint.Formats())).Message, StringComparison.Ordinal);
        File.WriteAllText(_folder["c/metadata.json"], """{"sharded_backend": "tomorrow"}""");
        Assert.Contains("'tomorrow'", Assert.Throws<UnsupportedCheckpointException>(() => CheckpointOpener.Open(_folder["c"], FakeCheckpoint.Formats())).Message, StringComparison.Ordinal);
    }

    [Theory]
    [Clause("CLI-6.4")]
    [InlineData("__0_0.distcp __1_0.distcp", "2 .distcp files but no .metadata")]
    [InlineData("config.json tokenizer.json", "config.json, tokenizer.json")]
    [InlineData("", "files none, folders none")]
    [InlineData("key.a/.zarray key.a/0.0 common.pt", "zarr arrays without")]
    [InlineData("iter_0000001/key.a/.zarray iter_0000001/common.pt", "zarr arrays without")]
    [InlineData("iter_0000001/common.pt", "leaves only common.pt")]
    [InlineData("iter_0000001/__0_0.distcp", "no .metadata")]
    public void HalfACheckpointIsRefusedWithWhatIsThere(string files, string says)
    {
        Put("c", files.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        var fault = Assert.Throws<MalformedCheckpointException>(() => CheckpointOpener.Detect(_folder["c"]));
        Assert.Equal("CLI-6.4", fault.Clause);
        Assert.Contains(says, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Clause("CLI-6.4")]
    public void AFileOfNoKnownKindIsRefused()
    {
        Put("c", "notes.txt");
        Assert.Equal("CLI-6.4", Assert.Throws<MalformedCheckpointException>(() => CheckpointOpener.Detect(_folder["c/notes.txt"])).Clause);
        Assert.Throws<FileNotFoundException>(() => CheckpointOpener.Detect(_folder["gone"]));
    }

    [Theory]
    [Clause("CLI-6.5")]
    [InlineData("metadata.json")]
    [InlineData("latest_checkpointed_iteration.txt")]
    public void AGiantMarkerFileIsNotRead(string name)
    {
        Put("c");
        using (var file = File.Create(_folder["c/" + name])) { file.SetLength(1L << 40); }
        Assert.Equal("CLI-6.5", Assert.Throws<MalformedCheckpointException>(() => CheckpointOpener.Detect(_folder["c"])).Clause);
    }

    [Fact]
    public void TheFormatsReaderIsGivenTheFolderThatWasFound()
    {
        Put("c/iter_0000001", "metadata.json", ".metadata");
        using var reader = CheckpointOpener.Open(_folder["c"], FakeCheckpoint.Formats());
        Assert.Equal(_folder["c/iter_0000001"], reader.Path);
    }

    void Put(string folder, params string[] files)
    {
        Directory.CreateDirectory(_folder[folder]);
        foreach (var file in files)
        {
            var path = _folder[$"{folder}/{file}"];
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, file == "metadata.json" ? TorchDistJson : "");
        }
    }
}
