using System.Text.Json.Nodes;
using Ckpt.Cli.Commands;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.UnitTests.Cli;

/// <summary><c>diff</c> and <c>fingerprint</c> as the user sees them.</summary>
public sealed class ComparingTests
{
    [Fact, Clause("VFY-1.1")]
    public void FormatsAreComparedUnderCommonNames()
    {
        var run = Run("diff", Repository.Vector("hf", "qwen3_moe"), Repository.Vector("torch_dist", "qwen3_moe-ep2"));
        Assert.True(run.ExitCode == 0, run.Out + run.Error);
        Assert.Contains("the names differ: compared under Hugging Face's", run.Out, StringComparison.Ordinal);
        Assert.Contains("bit-identical: 135 tensors", run.Out, StringComparison.Ordinal);
        run = Run("diff", Repository.Vector("hf", "qwen3_moe"), Repository.Vector("hf", "llama"));
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("only in", run.Out, StringComparison.Ordinal);
    }

    [Fact, Clause("VFY-1.5"), Clause("VFY-1.4")]
    public void ADifferenceIsMeasuredPlacedAndExplained()
    {
        using var folder = new TemporaryFolder();
        var changed = Copy(folder, "llama");
        var file = Path.Combine(changed, "model.safetensors");
        var bytes = File.ReadAllBytes(file);
        bytes[^40] ^= 1;
        File.WriteAllBytes(file, bytes);
        var run = Run("diff", Repository.Vector("hf", "llama"), changed);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("1 elements differ, the first at", run.Out, StringComparison.Ordinal);
        Assert.Contains("because: one element differs in a single bit", run.Out, StringComparison.Ordinal);
        Assert.Contains("different: 1 tensors; ", run.Out, StringComparison.Ordinal);
        Assert.Equal(0, Run("diff", Repository.Vector("hf", "llama"), changed, "--rtol", "0.01").ExitCode);
        Assert.Equal(1, Run("diff", Repository.Vector("hf", "llama"), changed, "--atol", "0").ExitCode);
        var json = JsonNode.Parse(Run("diff", Repository.Vector("hf", "llama"), changed, "--json").Out)!;
        Assert.Equal("BitsFlipped", (string?)json["details"]![0]!["diagnosis"]!["kind"]);
        Assert.Equal(1, (long?)json["details"]![0]!["different"]);
    }

    [Fact, Clause("VFY-2.1")]
    public void AFingerprintIsCheckedAcrossFormats()
    {
        var hash = Run("fingerprint", Repository.Vector("torch_dist", "qwen3_moe-ep2")).Out.Trim();
        Assert.StartsWith("ckpt1:", hash, StringComparison.Ordinal);
        Assert.Equal(0, Run("fingerprint", Repository.Vector("hf", "qwen3_moe"), "--check", hash).ExitCode);
        Assert.Equal(1, Run("fingerprint", Repository.Vector("hf", "llama"), "--check", hash).ExitCode);
        Assert.Equal(136, Run("fingerprint", Repository.Vector("hf", "qwen3_moe"), "--tensors").Out.Trim().Split('\n').Length);
    }

    [Fact, Clause("VFY-2.3")]
    public void QuantisedWeightsHaveNoFingerprint()
    {
        using var folder = new TemporaryFolder();
        var model = Copy(folder, "llama");
        var config = Path.Combine(model, "config.json");
        var json = JsonNode.Parse(File.ReadAllText(config))!;
        json["quantization_config"] = new JsonObject { ["quant_method"] = "fp8", ["weight_block_size"] = new JsonArray(128, 128) };
        File.WriteAllText(config, json.ToJsonString());
        var run = Run("fingerprint", model);
        Assert.Equal(4, run.ExitCode);
        Assert.Contains("[VFY-2.3]", run.Error, StringComparison.Ordinal);
        Assert.Equal(0, Run("fingerprint", model, "--as_stored", "true").ExitCode);
    }

    static string Copy(TemporaryFolder folder, string model)
    {
        var to = Directory.CreateDirectory(folder[model]).FullName;
        foreach (var file in Directory.GetFiles(Repository.Vector("hf", model))) { File.Copy(file, Path.Combine(to, Path.GetFileName(file))); }
        return to;
    }

    static ProgramRun Run(params string[] arguments) => ProgramRun.Of(arguments, commands: [new DiffCommand(), new FingerprintCommand()]);
}
