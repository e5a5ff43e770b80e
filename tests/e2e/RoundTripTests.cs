using System.Security.Cryptography;
using System.Text.Json;
using Ckpt.Formats;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.EndToEndTests;

/// <summary>The main job, on every model of the four families and every real Megatron checkpoint of them.</summary>
public class RoundTripTests
{
    public static TheoryData<string> Models => [.. Directory.GetDirectories(Repository.Vector("hf")).Select(static f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    public static TheoryData<string> MegatronCheckpoints => [.. Directory.GetDirectories(Repository.Vector("torch_dist"))
        .Where(static f => File.Exists(Path.Combine(f, "expected.json"))).Select(static f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Models)), Clause("SHD-2.4"), Clause("SHD-7.1")]
    public void AModelGoesToMegatronAndBackByteForByte(string model)
    {
        using var folder = new TemporaryFolder();
        var hf = Repository.Vector("hf", model);
        var there = Program.Run("export", "--model", hf, "--to_mcore", "true", "--output_dir", folder["mcore"], "--test_convert_precision", "true");
        Assert.True(there.ExitCode == 0 && there.Out.Contains("bit-identical", StringComparison.Ordinal), there.All);
        // No other flag: what --to_mcore kept beside its output is enough for the way back.
        var back = Program.Run("export", "--mcore_model", folder["mcore"], "--to_hf", "true", "--output_dir", folder["hf"], "--max_shard_size", ShardSize(hf));
        Assert.True(back.ExitCode == 0, back.All);
        Assert.Equal(0, Program.Run("diff", hf, folder["hf"]).ExitCode);
        foreach (var file in Directory.GetFiles(hf))
        {
            var name = Path.GetFileName(file);
            Assert.True(File.ReadAllBytes(file).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(folder["hf"], name))), $"{name} differs");
        }
    }

    [Theory, MemberData(nameof(MegatronCheckpoints))]
    public void ARealMegatronCheckpointBecomesTheModelItCameFrom(string checkpoint)
    {
        using var folder = new TemporaryFolder();
        var model = Repository.Vector("hf", Expected(checkpoint).GetProperty("model").GetString()!);
        var run = Program.Run("export", "--mcore_model", Repository.Vector("torch_dist", checkpoint), "--model", model, "--to_hf", "true", "--output_dir", folder["hf"]);
        Assert.True(run.ExitCode == 0, run.All);
        var diff = Program.Run("diff", model, folder["hf"]);
        Assert.True(diff.ExitCode == 0, diff.All);
    }

    /// <summary>What we write from the HF model is, tensor by tensor, what Megatron-core wrote for it.</summary>
    [Theory, MemberData(nameof(MegatronCheckpoints))]
    public void OurMegatronTensorsHashToWhatMegatronWrote(string checkpoint)
    {
        using var folder = new TemporaryFolder();
        var expected = Expected(checkpoint);
        var layout = expected.GetProperty("layout");
        var run = Program.Run(
            "export", "--model", Repository.Vector("hf", expected.GetProperty("model").GetString()!), "--to_mcore", "--output_dir", folder["mcore"],
            "--tensor_model_parallel_size", layout.GetProperty("tp").ToString(), "--pipeline_model_parallel_size", layout.GetProperty("pp").ToString(),
            "--expert_model_parallel_size", layout.GetProperty("ep").ToString());
        Assert.True(run.ExitCode == 0, run.All);
        using var written = CheckpointOpener.Open(folder["mcore"]);
        var ours = written.Tensors.ToDictionary(static t => t.Name);
        var theirs = expected.GetProperty("tensors").EnumerateObject().Where(static t => !t.Name.StartsWith("optimizer.", StringComparison.Ordinal)).ToList();
        Assert.Equal(theirs.Select(static t => t.Name).Order(StringComparer.Ordinal), ours.Keys.Order(StringComparer.Ordinal));
        foreach (var tensor in theirs)
        {
            var hash = Convert.ToHexStringLower(SHA256.HashData(TensorAssembler.ReadWhole(written, ours[tensor.Name])));
            Assert.True(hash == tensor.Value.GetProperty("sha256").GetString(), tensor.Name);
        }
    }

    static JsonElement Expected(string checkpoint) => JsonDocument.Parse(File.ReadAllBytes(Repository.Vector("torch_dist", checkpoint, "expected.json"))).RootElement;

    /// <summary>The limit these models were saved with (save_pretrained's max_shard_size).</summary>
    static string ShardSize(string hf) => File.Exists(Path.Combine(hf, "model.safetensors")) ? "5GB" : "150KB";
}
