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

    /// <summary>All but the one of odd streams, which is no model.</summary>
    public static TheoryData<string> MegatronCheckpoints => [.. Directory.GetDirectories(Repository.Vector("torch_dist"))
        .Where(static f => Directory.Exists(Path.Combine(f, "iter_0000001")) && File.Exists(Path.Combine(f, "expected.json")) && Path.GetFileName(f) != "odd").Select(static f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

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
        // transformers 5 keeps experts fused in memory and orders a qwen3_moe's shards by what it splits on saving: same tensors, other shards.
        if (model == "qwen3_moe") { return; }
        foreach (var file in Directory.GetFiles(hf))
        {
            var name = Path.GetFileName(file);
            Assert.True(File.ReadAllBytes(file).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(folder["hf"], name))), $"{name} differs");
        }
    }

    /// <summary>
    /// Megatron-core's file to Hugging Face is the model the file came from (a trained one has no such model); and what we then write for
    /// Megatron is, tensor by tensor, what Megatron-core wrote.
    /// </summary>
    [Theory, MemberData(nameof(MegatronCheckpoints))]
    public void ARealMegatronCheckpointBecomesItsModelAndComesBackTheSame(string checkpoint)
    {
        using var folder = new TemporaryFolder();
        var expected = Expected(checkpoint);
        var model = Repository.Vector("hf", expected.GetProperty("model").GetString()!);
        var run = Program.Run("export", "--mcore_model", Repository.Vector("torch_dist", checkpoint), "--model", model, "--to_hf", "true", "--output_dir", folder["hf"]);
        Assert.True(run.ExitCode == 0, run.All);
        if (expected.GetProperty("optimizer").ValueKind == JsonValueKind.Null)
        {
            var diff = Program.Run("diff", model, folder["hf"]);
            Assert.True(diff.ExitCode == 0, diff.All);
        }
        else
        {
            Assert.Contains("optimizer state", run.Out, StringComparison.Ordinal);
            AssertHashes(folder["hf"], expected.GetProperty("exported_after_training"));
        }

        var layout = expected.GetProperty("layout");
        run = Program.Run(
            "export", "--model", folder["hf"], "--to_mcore", "--output_dir", folder["mcore"],
            "--tensor_model_parallel_size", layout.GetProperty("tp").ToString(), "--pipeline_model_parallel_size", layout.GetProperty("pp").ToString(),
            "--expert_model_parallel_size", layout.GetProperty("ep").ToString());
        Assert.True(run.ExitCode == 0, run.All);
        AssertHashes(folder["mcore"], expected.GetProperty("tensors"));
    }

    static void AssertHashes(string checkpoint, JsonElement tensors)
    {
        using var written = CheckpointOpener.Open(checkpoint);
        var ours = written.Tensors.ToDictionary(static t => t.Name);
        var theirs = tensors.EnumerateObject().Where(static t => !t.Name.StartsWith("optimizer.", StringComparison.Ordinal)).ToList();
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
