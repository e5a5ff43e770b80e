using System.Text.Json;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.EndToEndTests;

/// <summary>Megatron checkpoints for other layouts, formats and versions.</summary>
public sealed class ReshardTests : IDisposable
{
    static readonly string s_trained = Repository.Vector("torch_dist", "llama-tp1pp1dp2-optim-dp_reshardable");
    static readonly string s_dense = Repository.Vector("torch_dist", "llama-tp2pp1");
    static readonly string s_experts = Repository.Vector("torch_dist", "qwen3_moe-tp2ep2");
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory, Clause("CLI-9.2")]
    [InlineData("zarr", "--tp", "2")]
    [InlineData("torch", "--tp", "2", "--pp", "2")]
    [InlineData("torch", "--tp", "2", "--pp", "2", "--vpp", "2")]
    [InlineData("torch", "--tp", "4", "--transformer_impl", "local")]
    [InlineData("torch_dist", "--megatron_version", "0.19")]
    public void ADenseModelGoesToAnyFormatAndBack(string format, params string[] layout)
    {
        Done(["reshard", "--load", s_dense, "--save", _folder["there"], "--ckpt_format", format, "--no_save_rng", .. layout]);
        Done("reshard", "--load", _folder["there"], "--save", _folder["back"], "--ckpt_format", "torch_dist", "--no_save_rng");
        Done("reshard", "--load", s_dense, "--save", _folder["same"], "--no_save_rng");
        Done("diff", _folder["same"], _folder["back"]);
        Done("export", "--mcore_model", _folder["there"], "--model", Repository.Vector("hf", "llama"), "--to_hf", "--output_dir", _folder["hf"]);
        Done("diff", Repository.Vector("hf", "llama"), _folder["hf"]);
    }

    [Theory]
    [InlineData("--tp", "2", "--ep", "2")]
    [InlineData("--tp", "2", "--pp", "2", "--ep", "2", "--etp", "1", "--moe_use_legacy_grouped_gemm")]
    [InlineData("--ep", "4", "--moe_grouped_gemm", "false")]
    public void ExpertsGoToLegacyFilesOfAnyImplementationAndBack(params string[] layout)
    {
        Done(["reshard", "--load", s_experts, "--save", _folder["there"], "--ckpt_format", "torch", "--no_save_rng", .. layout]);
        Done("reshard", "--load", _folder["there"], "--save", _folder["back"], "--ckpt_format", "torch_dist", "--no_save_rng");
        Done("reshard", "--load", s_experts, "--save", _folder["same"], "--no_save_rng");
        Done("diff", _folder["same"], _folder["back"]);
    }

    [Fact]
    public void OptimizerStateBecomesReshardable()
    {
        var run = Done("reshard", "--load", s_trained, "--save", _folder["there"], "--tp", "2", "--json");
        Assert.Contains("optimizer.state.exp_avg.decoder", Done("ls", _folder["there"]).Out, StringComparison.Ordinal);
        using var result = JsonDocument.Parse(run.Out);
        Assert.Equal("reshard", result.RootElement.GetProperty("command").GetString());
        // Once more: what is reshardable already is carried as it is.
        Done("reshard", "--load", _folder["there"], "--save", _folder["again"], "--tp", "4");
        Done("diff", _folder["there"], _folder["again"]);
        Done("reshard", "--load", s_trained, "--save", _folder["weights"], "--no_save_optim", "--no_save_rng");
        Assert.DoesNotContain("optimizer.", Done("ls", _folder["weights"]).Out, StringComparison.Ordinal);
    }

    [Fact, Clause("CLI-9.4")]
    public void TheVocabularyIsPaddedAnewAndNeverCut()
    {
        Done("reshard", "--load", s_dense, "--save", _folder["padded"], "--tp", "2", "--make_vocab_size_divisible_by", "128", "--no_save_rng");
        Assert.Contains("512, 64", Done("ls", _folder["padded"]).Out, StringComparison.Ordinal);
        Done("export", "--mcore_model", _folder["padded"], "--model", Repository.Vector("hf", "llama"), "--to_hf", "--output_dir", _folder["hf"]);
        Done("diff", Repository.Vector("hf", "llama"), _folder["hf"]);
    }

    [Theory, Clause("CLI-9.1"), Clause("CLI-9.2"), Clause("CLI-9.3")]
    [InlineData(2, "CLI-9.1", "--save", "OUT")]
    [InlineData(2, "CLI-9.1", "--load", "IN")]
    [InlineData(2, "CLI-9.2", "--load", "IN", "--save", "OUT", "--ckpt_format", "tar")]
    [InlineData(2, "CLI-9.2", "--load", "IN", "--save", "OUT", "--optimizer_format", "flat")]
    [InlineData(4, "CLI-9.3", "--load", "HF", "--save", "OUT")]
    [InlineData(2, "LAY-", "--load", "IN", "--save", "OUT", "--ckpt_format", "torch", "--tp", "3", "--no_save_rng")]
    public void WrongLinesAreRefused(int exitCode, string clause, params string[] line)
    {
        var run = Program.Run(["reshard", .. line.Select(word => word switch { "IN" => s_dense, "HF" => Repository.Vector("hf", "llama"), "OUT" => _folder["out"], _ => word })]);
        Assert.True(run.ExitCode == exitCode && run.Error.Contains(clause, StringComparison.Ordinal), run.All);
        Assert.False(Directory.Exists(_folder["out"]));
    }

    static Outcome Done(params string[] line)
    {
        var run = Program.Run(line);
        Assert.True(run.ExitCode == 0, string.Join(' ', line) + "\n" + run.All);
        return run;
    }
}
