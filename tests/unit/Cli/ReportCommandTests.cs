using System.Text.Json.Nodes;
using Ckpt.Cli.Commands;
using Ckpt.Cli.Export;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.UnitTests.Cli;

/// <summary><c>--report</c> of the commands that have it.</summary>
public sealed class ReportCommandTests
{
    [Fact, Clause("RPT-1.1"), Clause("RPT-1.5")]
    public void ADiffLeavesAPageAndItsNumbers()
    {
        using var folder = new TemporaryFolder();
        var run = Run("diff", Repository.Vector("hf", "qwen3_moe"), Repository.Vector("torch_dist", "qwen3_moe-ep2"), "--report", folder["out.html"]);
        Assert.True(run.ExitCode == 0, run.Out + run.Error);
        Assert.Contains($"report     {folder["out.html"]}", run.Out, StringComparison.Ordinal);
        Assert.Contains("<h1>The same</h1>", File.ReadAllText(folder["out.html"]), StringComparison.Ordinal);
        var json = JsonNode.Parse(File.ReadAllText(folder["out.json"]))!;
        Assert.Equal(("same", 135), ((string)json["verdict"]!, json["weights"]!["tensors"]!.AsArray().Count));
        Assert.Equal(["safetensors", "torch_dist"], json["sides"]!.AsArray().Select(static side => (string)side!["format"]!));
        Assert.Equal(["out.html", "out.json"], Directory.GetFiles(folder.Path).Select(static file => Path.GetFileName(file)!).Order());
    }

    [Fact, Clause("RPT-1.6")]
    public void TwoMegatronCheckpointsAreToldApartByLayer()
    {
        using var folder = new TemporaryFolder();
        var run = Run("diff", Repository.Vector("torch_dist", "llama-tp1pp1"), Repository.Vector("torch_dist", "llama-tp2pp1"), "--report", folder["out.html"]);
        Assert.True(run.ExitCode is 0 or 1, run.Out + run.Error);
        var names = JsonNode.Parse(File.ReadAllText(folder["out.json"]))!["weights"]!["tensors"]!.AsArray().Select(static tensor => (string)tensor!["name"]!).ToArray();
        Assert.Contains("decoder.layers.0.mlp.linear_fc1.weight", names);
        Assert.Contains("decoder.layers.1.mlp.linear_fc1.weight", names);
    }

    [Theory, Clause("RPT-1.5")]
    [InlineData("out.json")]
    [InlineData("out")]
    [InlineData("no/such/folder/out.html")]
    public void APageThatCannotBeIsRefusedBeforeReading(string name)
    {
        using var folder = new TemporaryFolder();
        var run = Run("diff", "/nonexistent/a", "/nonexistent/b", "--report", folder[name]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("[RPT-1.5]", run.Error, StringComparison.Ordinal);
    }

    [Fact, Clause("RPT-1.5")]
    public void AConversionThatIsNotComparedHasNoPage()
    {
        using var folder = new TemporaryFolder();
        var run = Run("export", "--model", Repository.Vector("hf", "llama"), "--to_mcore", "true", "--output_dir", folder["out"], "--report", folder["out.html"]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("[RPT-1.5]", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["out"]));
    }

    [Fact, Clause("RPT-1.1"), Clause("VFY-2.4"), Clause("VFY-2.5")]
    public void AConversionLeavesAPageAndFingerprints()
    {
        using var folder = new TemporaryFolder();
        var model = Repository.Vector("hf", "qwen3_moe");
        var run = Run("export", "--model", model, "--to_mcore", "true", "--output_dir", folder["out"], "--test_convert_precision", "true", "--report", folder["out.html"]);
        Assert.True(run.ExitCode == 0, run.Out + run.Error);
        var json = JsonNode.Parse(File.ReadAllText(folder["out.json"]))!;
        Assert.Equal("same", (string)json["verdict"]!);
        Assert.Contains("decoder.layers.1.self_attention.linear_qkv.weight", json["weights"]!["tensors"]!.AsArray().Select(static tensor => (string)tensor!["name"]!));

        var hash = Run("fingerprint", model).Out.Trim();
        var receipt = JsonNode.Parse(File.ReadAllText(folder["out/ckpt.json"]))!["fingerprint"]!;
        Assert.Equal((hash, hash), ((string)receipt["source"]!, (string)receipt["output"]!));
        Assert.Equal(0, Run("fingerprint", folder["out"], "--check", folder["out"]).ExitCode);
        Assert.Contains("of source and output", Run("fingerprint", model, "--check", folder["out/ckpt.json"]).Out, StringComparison.Ordinal);
        Assert.Equal(1, Run("fingerprint", Repository.Vector("hf", "llama"), "--check", folder["out"]).ExitCode);
    }

    [Fact, Clause("VFY-2.4"), Clause("VFY-2.5")]
    public void ACastIsOtherWeightsThanItsSource()
    {
        using var folder = new TemporaryFolder();
        var model = Repository.Vector("hf", "llama");
        Assert.Equal(0, Run("export", "--model", model, "--to_mcore", "true", "--torch_dtype", "float32", "--output_dir", folder["cast"], "--fingerprint", "true").ExitCode);
        Assert.Equal(0, Run("export", "--model", model, "--to_mcore", "true", "--output_dir", folder["none"], "--test_convert_precision", "true", "--fingerprint", "false").ExitCode);
        Assert.Contains("of the source in", Run("fingerprint", model, "--check", folder["cast"]).Out, StringComparison.Ordinal);
        Assert.Contains("of the output in", Run("fingerprint", folder["cast"], "--check", folder["cast"]).Out, StringComparison.Ordinal);
        foreach (var check in new[] { folder["none"], "ckpt1:12", "/nonexistent/ckpt.json" })
        {
            var run = Run("fingerprint", model, "--check", check);
            Assert.Equal(2, run.ExitCode);
            Assert.Contains("[VFY-2.5]", run.Error, StringComparison.Ordinal);
        }
    }

    [Fact, Clause("VFY-2.4")]
    public void ReshardingKeepsTheFingerprint()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(0, Run("reshard", "--load", Repository.Vector("torch_dist", "llama-tp2pp1"), "--save", folder["out"], "--fingerprint", "true").ExitCode);
        var receipt = JsonNode.Parse(File.ReadAllText(folder["out/ckpt.json"]))!["fingerprint"]!;
        Assert.Equal((string)receipt["source"]!, (string)receipt["output"]!);
    }

    [Fact, Clause("RPT-1.1")]
    public void AnExaminationLeavesAPage()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(0, Run("doctor", Repository.Vector("hf", "llama"), "--report", folder["out.html"]).ExitCode);
        Assert.Contains("<h1>Sound</h1>", File.ReadAllText(folder["out.html"]), StringComparison.Ordinal);
        Directory.CreateDirectory(folder["model"]);
        File.WriteAllText(folder["model/model.safetensors"], "no");
        Assert.Equal(3, Run("doctor", folder["model"], "--report", folder["out.html"]).ExitCode);
        Assert.Contains("<h1>Broken</h1>", File.ReadAllText(folder["out.html"]), StringComparison.Ordinal);
        Assert.Equal("broken", (string)JsonNode.Parse(File.ReadAllText(folder["out.json"]))!["verdict"]!);
    }

    static ProgramRun Run(params string[] arguments) =>
        ProgramRun.Of(arguments, commands: [new DiffCommand(), new FingerprintCommand(), new DoctorCommand(), new ReshardCommand(), new ExportCommand(new ConversionRunner())]);
}
