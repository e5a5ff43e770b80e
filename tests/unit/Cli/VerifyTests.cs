using System.Text.Json;
using System.Text.Json.Nodes;
using Ckpt.Cli.Commands;
using Ckpt.Cli.Export;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.UnitTests.Cli;

/// <summary><c>verify</c> and the precision test of <c>export</c> as the user sees them.</summary>
public sealed class VerifyTests : IDisposable
{
    static readonly string s_hf = Repository.Vector("hf", "qwen3");
    static readonly string s_legacy = Repository.Vector("legacy_torch", "qwen3-tp2pp2");

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact, Clause("VER-1.1")]
    public void EqualWeightsAreVerifiedAndOthersNot()
    {
        var run = Run("verify", s_hf, s_legacy);
        Assert.True(run.ExitCode == 0, run.Out + run.Error);
        Assert.Contains("bit-identical: 47 tensors", run.Out, StringComparison.Ordinal);
        Assert.EndsWith("verified\n", run.Out, StringComparison.Ordinal);
        var changed = Changed();
        run = Run("verify", s_hf, changed);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("because: one element differs in a single bit", run.Out, StringComparison.Ordinal);
        Assert.Contains("not verified: the weights differ", run.Out, StringComparison.Ordinal);
        Assert.Equal(0, Run("verify", s_hf, changed, "--rtol", "2").ExitCode);
    }

    [Fact, Clause("VER-2.3"), Clause("VER-2.4"), Clause("VER-1.1")]
    public void PassesAreToldInTheFieldsWordsAndPlacedWhereTheyPart()
    {
        var run = Run("verify", "--forward", s_hf, s_legacy);
        Assert.True(run.ExitCode == 0, run.Out + run.Error);
        foreach (var line in (string[])["token_mean_diff: [0, 0", "mean_diff: 0, max_diff: 0", "hf_tokens: [", "mg_tokens: [", "token_diff: 0", "cosine: 1.000000000000, kl: 0, argmax agreement: 100.00 %"]) { Assert.Contains(line, run.Out, StringComparison.Ordinal); }
        Assert.Contains("note: there is no tokenizer.json", run.Error, StringComparison.Ordinal);

        var (changed, mcore) = (Changed(), _folder["mcore"]);
        Assert.Equal(0, Run("export", "--model", changed, "--to_mcore", "true", "--output_dir", mcore).ExitCode);
        run = Run("verify", s_hf, mcore, "--forward");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("parts in layer 2, at model.layers.2.self_attn.v_proj.weight (decoder.layers.self_attention.linear_qkv.weight[2])", run.Out, StringComparison.Ordinal);
        Assert.Contains("must be 0", run.Out, StringComparison.Ordinal);
        Assert.Equal(0, Run("verify", s_hf, mcore, "--threshold", "0.1").ExitCode);
        Assert.Equal(1, Run("verify", s_hf, mcore, "--threshold", "0.1", "--atol", "0").ExitCode);
        Assert.Equal(1, Run("verify", s_hf, mcore, "--threshold", "1e-9").ExitCode);
        Assert.Equal(1, Run("verify", s_hf, mcore, "--max_diff", "1e-9").ExitCode);
        Assert.Equal(0, Run("verify", s_hf, mcore, "--min_cosine", "0.99", "--max_kl", "0.1", "--max_token_diff", "10").ExitCode);
        var json = JsonNode.Parse(Run("verify", s_hf, mcore, "--forward", "--json").Out)!;
        Assert.False((bool)json["verified"]!);
        Assert.Equal(2, (int)json["forward"]!["parting"]!["layer"]!);
        Assert.Equal(5, json["forward"]!["states"]!.AsArray().Count);
    }

    [Fact, Clause("VER-1.3")]
    public void ACheckpointWithoutAConfigTakesItsCounterparts()
    {
        // The scale of llama 3's rotary embedding is in no args.
        var run = Run("verify", "--forward", Repository.Vector("hf", "llama"), Repository.Vector("torch_dist", "llama-tp2pp1"));
        Assert.True(run.ExitCode == 0, run.Out + run.Error);
        Assert.Contains("mean_diff: 0, max_diff: 0", run.Out, StringComparison.Ordinal);
    }

    [Fact, Clause("VER-1.3")]
    public void AnAdapterIsTheModelWithItMergedIn()
    {
        var adapter = Repository.Vector("peft", "accept", "qwen3", "regex");
        Assert.Equal(0, Run("export", "--model", s_hf, "--adapters", adapter, "--to_hf", "true", "--output_dir", _folder["merged"]).ExitCode);
        var run = Run("verify", _folder["merged"], adapter, "--model", s_hf, "--forward");
        Assert.True(run.ExitCode == 0, run.Out + run.Error);
        Assert.Contains("is an adapter: compared is", run.Error, StringComparison.Ordinal);
        Assert.Equal(1, Run("verify", s_hf, adapter, "--model", s_hf).ExitCode);
        run = Run("verify", s_hf, adapter);
        Assert.Equal(3, run.ExitCode);
        Assert.Contains("[VER-1.3]", run.Error, StringComparison.Ordinal);
    }

    [Fact, Clause("VER-1.2")]
    public void QuantisedWeightsAreComparedAsNumbers()
    {
        Assert.Equal(0, Run("export", "--model", s_hf, "--to_hf", "true", "--quant_method", "fp8", "--output_dir", _folder["fp8"]).ExitCode);
        Assert.Equal(0, Run("export", "--model", _folder["fp8"], "--to_mcore", "true", "--torch_dtype", "bfloat16", "--output_dir", _folder["plain"]).ExitCode);
        var run = Run("diff", _folder["fp8"], _folder["plain"]);
        Assert.True(run.ExitCode == 0, run.Out + run.Error);
        Assert.Contains("quantised ones as bfloat16", run.Out, StringComparison.Ordinal);
        Assert.Equal(0, Run("verify", "--forward", _folder["fp8"], _folder["plain"]).ExitCode);
        Assert.Equal(1, Run("verify", s_hf, _folder["fp8"]).ExitCode);
        run = Run("verify", "--forward", s_hf, _folder["fp8"], "--threshold", "0.1");
        Assert.True(run.ExitCode == 0, run.Out + run.Error);
    }

    [Fact, Clause("VER-2.2")]
    public void TheUsualConversationHasALoss()
    {
        var model = WithTokenizer();
        var run = Run("verify", "--forward", model, s_legacy);
        Assert.True(run.ExitCode == 0, run.Out + run.Error);
        Assert.Contains("mean_diff (with loss): 0, max_diff (with loss): 0 (Please check that mean_diff (with loss) is less than 0.1).", run.Out, StringComparison.Ordinal);
        var json = JsonNode.Parse(Run("verify", "--forward", model, s_legacy, "--json").Out)!["forward"]!;
        // A byte a token; what the assistant says and the line feed behind it are trained on, and a token counts where the next one is.
        const string Question = "Introduction to ms-swift.", Answer = "ms-swift is an official framework provided by the ModelScope community for fine-tuning and deploying large language models and multi-modal large models.";
        Assert.Equal($"user: {Question}\nassistant: {Answer}\n".Length, (int)json["tokens"]!);
        Assert.Equal(Answer.Length + 1, (int)json["with_loss"]!["tokens"]!);
    }

    [Fact, Clause("VER-2.2")]
    public void PromptsAndIdsAreTakenInstead()
    {
        var model = WithTokenizer();
        Assert.Equal(5, Tokens(model, "--prompt", "Hello"));
        File.WriteAllText(_folder["ids.json"], "[[1, 2, 3], [4, 5]]");
        Assert.Equal(5, Tokens(s_hf, "--token_ids_file", _folder["ids.json"], "--batch", "2"));
        File.WriteAllText(_folder["ids.json"], "[1, 2, 3]");
        Assert.Equal(3, Tokens(s_hf, "--token_ids_file", _folder["ids.json"]));
        File.WriteAllText(_folder["ids.txt"], "1 2 3\n\n[4, 5]\n6\n");
        Assert.Equal(6, Tokens(s_hf, "--token_ids_file", _folder["ids.txt"]));

        int Tokens(string model, params string[] flags) => (int)JsonNode.Parse(Run(["verify", model, s_legacy, "--json", .. flags]).Out)!["forward"]!["tokens"]!;
    }

    [Fact, Clause("VER-1.4")]
    public void LinesThatSayNothingToCompareAreRefused()
    {
        File.WriteAllText(_folder["ids"], "1 2 259");
        File.WriteAllText(_folder["words"], "one two");
        File.WriteAllText(_folder["none"], "\n");
        string[][] lines =
        [
            ["verify", s_hf], ["verify", "--self_test", s_hf, s_legacy], ["verify", s_hf, s_legacy, "--prompt", "x", "--token_ids_file", _folder["ids"]],
            ["verify", s_hf, s_legacy, "--prompt", "x"], ["verify", s_hf, s_legacy, "--token_ids_file", _folder["ids"]], ["verify", s_hf, s_legacy, "--token_ids_file", _folder["words"]],
            ["verify", s_hf, s_legacy, "--token_ids_file", _folder["none"]],
        ];
        foreach (var line in lines)
        {
            var run = Run(line);
            Assert.True(run.ExitCode == 2, string.Join(' ', line) + run.Out + run.Error);
            Assert.Contains("[VER-1.4]", run.Error, StringComparison.Ordinal);
        }
        Assert.Equal(2, Run("verify", s_hf, s_legacy, "--threshold", "-1").ExitCode);
    }

    [Fact, Clause("VER-3.1"), Clause("VER-3.3")]
    public void RanksAreComputedByTheLayoutThatIsThereOrGiven()
    {
        var run = Run("verify", "--ranked", s_legacy);
        Assert.True(run.ExitCode == 0, run.Out + run.Error);
        Assert.Contains("is computed by ranks: TP 2, PP 2, EP 1", run.Error, StringComparison.Ordinal);
        run = Run("verify", "--ranked", s_hf, Repository.Vector("torch_dist", "qwen3-tp4pp1"), "--tp", "2", "--pp", "4");
        Assert.True(run.ExitCode == 0, run.Out + run.Error);
        Assert.Contains("by ranks: TP 2, PP 4", run.Error, StringComparison.Ordinal);
        run = Run("verify", "--ranked", s_hf);
        Assert.Equal(4, run.ExitCode);
        Assert.Contains("[VER-3.3]", run.Error, StringComparison.Ordinal);
    }

    [Theory, Clause("VER-3.1")]
    [InlineData("qwen3_next")] // linear attention, embedded whole on every rank
    [InlineData("phi3-longrope")] // fused projections
    [InlineData("olmo2")] // norms over all heads
    [InlineData("deepseek_v2")] // latent attention
    public void WhatIsWrittenForRanksIsWhatTheyCompute(string name)
    {
        var (hf, mcore) = (Repository.Vector("forward", name), _folder["mcore"]);
        Assert.Equal(0, Run("export", "--model", hf, "--to_mcore", "true", "--ckpt_format", "torch", "--tp", "2", "--output_dir", mcore).ExitCode);
        var run = Run("verify", "--ranked", hf, mcore);
        Assert.True(run.ExitCode == 0, run.Out + run.Error);
        Assert.Contains("by ranks: TP 2", run.Error, StringComparison.Ordinal);
    }

    [Fact, Clause("VER-5.1")]
    public void TheSelfTestSaysWhichCheckFindsWhat()
    {
        var run = Run("verify", "--self_test", s_legacy);
        Assert.True(run.ExitCode == 0, run.Out + run.Error);
        Assert.Contains("planted error", run.Out, StringComparison.Ordinal);
        Assert.Contains("not planted: experts off by one", run.Out, StringComparison.Ordinal);
        Assert.Contains("all 11 planted errors were found", run.Out, StringComparison.Ordinal);
        Assert.Matches(@"heads permuted +1 tensor +HeadsPermuted +[0-9.]+, placed +another", run.Out);
    }

    [Fact, Clause("VER-4.1")]
    public void AnExportIsHeldToWhatItComputes()
    {
        var run = Run("export", "--model", s_hf, "--to_mcore", "true", "--output_dir", _folder["mcore"], "--test_convert_precision", "true");
        Assert.True(run.ExitCode == 0, run.Out + run.Error);
        Assert.Contains("mean_diff: 0, max_diff: 0", run.Out, StringComparison.Ordinal);
        Assert.Contains("bit-identical: ", run.Out, StringComparison.Ordinal);
        Assert.Equal(0, (double)JsonNode.Parse(File.ReadAllText(Path.Combine(_folder["mcore"], "ckpt.json")))!["forward"]!["mean_diff"]!);
        // What is rounded is told, and not judged.
        run = Run("export", "--mcore_model", _folder["mcore"], "--to_hf", "true", "--output_dir", _folder["hf"], "--test_convert_precision", "true", "--quant_method", "fp8");
        Assert.True(run.ExitCode == 0, run.Out + run.Error);
        Assert.DoesNotContain("mean_diff: 0, ", run.Out, StringComparison.Ordinal);
    }

    [Fact, Clause("VER-4.1")]
    public void WithoutAKnownForwardPassWeightsAloneAreCompared()
    {
        var model = Copy("unknown");
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(model, "config.json")))!;
        config["hidden_act"] = "relu2";
        File.WriteAllText(Path.Combine(model, "config.json"), config.ToJsonString());
        var run = Run("export", "--model", model, "--to_mcore", "true", "--output_dir", _folder["mcore"], "--test_convert_precision", "true");
        Assert.True(run.ExitCode == 0, run.Out + run.Error);
        Assert.Contains("the weights alone are compared, without a forward pass", run.Out, StringComparison.Ordinal);
        Assert.Contains("bit-identical: ", run.Out, StringComparison.Ordinal);
        Assert.Equal(4, Run("verify", "--forward", model, _folder["mcore"]).ExitCode);
    }

    [Fact, Clause("VER-2.5")]
    public void PassesThatDoNotFitAreRefused()
    {
        File.WriteAllText(_folder["ids"], string.Join(' ', Enumerable.Repeat("7", 20_000)));
        var run = Run("verify", "--forward", s_hf, s_legacy, "--token_ids_file", _folder["ids"], "--max_memory", "96MiB");
        Assert.Equal(5, run.ExitCode);
    }

    [Fact, Clause("RPT-1.5")]
    public void APageShowsWeightsAndPasses()
    {
        var run = Run("verify", "--forward", s_hf, s_legacy, "--report", _folder["page.html"]);
        Assert.True(run.ExitCode == 0, run.Out + run.Error);
        var json = JsonNode.Parse(File.ReadAllText(_folder["page.json"]))!;
        Assert.Equal("ckpt verify", (string?)json["command"]);
        Assert.NotNull(json["forward"]);
        Assert.Contains("decoder.layers.3", File.ReadAllText(_folder["page.html"]), StringComparison.Ordinal);
    }

    string Copy(string name)
    {
        var to = Directory.CreateDirectory(_folder[name]).FullName;
        foreach (var file in Directory.GetFiles(s_hf)) { File.Copy(file, Path.Combine(to, Path.GetFileName(file))); }
        return to;
    }

    /// <summary>The model with the sign of one element of layer 2's v_proj turned.</summary>
    string Changed()
    {
        var to = Copy("changed");
        var path = Path.Combine(to, "model.safetensors");
        var bytes = File.ReadAllBytes(path);
        var length = BitConverter.ToInt64(bytes);
        var header = JsonNode.Parse(bytes.AsSpan(8, (int)length))!;
        var start = 8 + length + (long)header["model.layers.2.self_attn.v_proj.weight"]!["data_offsets"]![0]!;
        bytes[start + 101] ^= 0x80;
        File.WriteAllBytes(path, bytes);
        return to;
    }

    /// <summary>The model with a tokenizer of bytes and a template of two words.</summary>
    string WithTokenizer()
    {
        var to = Copy("spoken");
        var printable = Enumerable.Range(0, 256).Where(static b => b is (>= 33 and <= 126) or (>= 161 and <= 172) or >= 174).ToHashSet();
        var next = 256;
        var vocabulary = new JsonObject([.. Enumerable.Range(0, 256).Select(b => KeyValuePair.Create<string, JsonNode?>(((char)(printable.Contains(b) ? b : next++)).ToString(), b))]);
        File.WriteAllText(Path.Combine(to, "tokenizer.json"), new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray(),
            ["pre_tokenizer"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true, ["use_regex"] = true },
            ["decoder"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = true, ["trim_offsets"] = true, ["use_regex"] = true },
            ["model"] = new JsonObject { ["type"] = "BPE", ["vocab"] = vocabulary, ["merges"] = new JsonArray() },
        }.ToJsonString());
        File.WriteAllText(Path.Combine(to, "tokenizer_config.json"), JsonSerializer.Serialize(new
        {
            tokenizer_class = "PreTrainedTokenizerFast",
            chat_template = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}",
        }));
        return to;
    }

    static ProgramRun Run(params string[] arguments) => ProgramRun.Of(arguments, commands: [new VerifyCommand(), new DiffCommand(), new ExportCommand(new ConversionRunner())]);
}
