using System.Text.Json.Nodes;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.TorchDist;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.EndToEndTests;

/// <summary>The flags of export, and what a run leaves behind.</summary>
public sealed class ExportTests : IDisposable
{
    static readonly string s_model = Repository.Vector("hf", "qwen3");
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("2", null, 260)]
    [InlineData("4", null, 260)]
    [InlineData("1", "128", 384)]
    [InlineData("2", "128", 512)]
    public void TheVocabularyIsPaddedByEitherRuleAndUnpaddedExactly(string tensorParallel, string? divisibleBy, long rows)
    {
        string[] rule = divisibleBy is null ? [] : ["--make-vocab-size-divisible-by", divisibleBy];
        Done(["export", "--model", s_model, "--to_mcore", "--output_dir", _folder["mcore"], "--tensor-model-parallel-size", tensorParallel, .. rule]);
        using (var written = CheckpointOpener.Open(_folder["mcore"]))
        {
            var embedding = written.Tensors.Single(static t => t.Name == "embedding.word_embeddings.weight");
            Assert.Equal(new Shape(rows, 64), embedding.Shape);
            Assert.All(TensorAssembler.ReadWhole(written, embedding)[(259 * 64 * 2)..], static b => Assert.Equal(0, b));
        }
        Done("export", "--mcore_model", _folder["mcore"], "--to_hf", "--output_dir", _folder["hf"]);
        Done("diff", s_model, _folder["hf"]);
    }

    [Fact]
    public void AnotherElementTypeIsWrittenAndSaidInTheConfig()
    {
        Done("export", "--model", s_model, "--to_mcore", "--torch_dtype", "float32", "--output_dir", _folder["mcore"]);
        Done("export", "--mcore_model", _folder["mcore"], "--to_hf", "--output_dir", _folder["wide"]);
        Assert.Equal("float32", Config("wide")["dtype"]!.GetValue<string>());
        Done("export", "--mcore_model", _folder["mcore"], "--to_hf", "--torch_dtype", "bf16", "--output_dir", _folder["hf"]);
        Assert.Equal("bfloat16", Config("hf")["dtype"]!.GetValue<string>());
        Done("diff", s_model, _folder["hf"]); // bfloat16 to float32 and back loses nothing
    }

    [Fact]
    public void TheIterationFolderAndTheWordReleaseAreUnderstood()
    {
        Done("export", "--model", s_model, "--to_mcore", "--output_dir", _folder["mcore"]);
        Done("export", "--mcore_model", Path.Combine(_folder["mcore"], "iter_0000001"), "--to_hf", "--output_dir", _folder["a"]);
        Directory.Move(Path.Combine(_folder["mcore"], "iter_0000001"), Path.Combine(_folder["mcore"], "release"));
        File.WriteAllText(Path.Combine(_folder["mcore"], "latest_checkpointed_iteration.txt"), "release");
        Done("export", "--mcore_model", _folder["mcore"], "--to_hf", "--output_dir", _folder["b"]);
        Assert.Equal(Folders.Hashes(_folder["a"]), Folders.Hashes(_folder["b"]));
    }

    [Fact, Clause("CLI-3.7")]
    public void WithoutAnyConfigOneIsRebuiltFromTheCheckpointAndSaysSo()
    {
        Done("export", "--model", s_model, "--to_mcore", "--output_dir", _folder["mcore"]);
        Directory.Delete(Path.Combine(_folder["mcore"], "hf"), recursive: true);
        File.Delete(Path.Combine(_folder["mcore"], "args.json"));
        var run = Done("export", "--mcore_model", _folder["mcore"], "--to_hf", "--output_dir", _folder["hf"]);
        Assert.Contains("rebuilt", run.Error, StringComparison.Ordinal);
        Done("diff", s_model, _folder["hf"]);
        foreach (var key in (string[])["model_type", "hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "head_dim", "intermediate_size", "vocab_size", "rms_norm_eps", "tie_word_embeddings"])
        {
            var original = JsonNode.Parse(File.ReadAllText(Path.Combine(s_model, "config.json")))![key];
            Assert.True(JsonNode.DeepEquals(original, Config("hf")[key]), $"{key}: {Config("hf")[key]}, was {original}");
        }
    }

    [Fact, Clause("CLI-3.7")]
    public void TheModelThatSwiftsArgsNameServesAsTheHuggingFaceSide()
    {
        Done("export", "--model", s_model, "--to_mcore", "--output_dir", _folder["mcore"]);
        Directory.Delete(Path.Combine(_folder["mcore"], "hf"), recursive: true);
        var run = Done("export", "--mcore_model", _folder["mcore"], "--to_hf", "--output_dir", _folder["hf"]);
        Assert.Contains("args.json", run.Error, StringComparison.Ordinal);
        Assert.Equal(Folders.Hashes(s_model), Folders.Hashes(_folder["hf"]));
    }

    [Fact]
    public void SideFilesGoThereAndBack()
    {
        var model = Folders.Copy(s_model, _folder["model"]);
        File.WriteAllText(Path.Combine(model, "tokenizer.json"), "{}");
        File.WriteAllText(Path.Combine(model, "modeling_custom.py"), "pass\n");
        Directory.CreateDirectory(Path.Combine(model, "additional_chat_templates"));
        File.WriteAllText(Path.Combine(model, "additional_chat_templates", "tool.jinja"), "{{ x }}");
        Done("export", "--model", model, "--to_mcore", "--output_dir", _folder["mcore"]);
        Done("export", "--mcore_model", _folder["mcore"], "--to_hf", "--output_dir", _folder["hf"]);
        Assert.Equal(Folders.Hashes(model), Folders.Hashes(_folder["hf"]));
    }

    [Theory, Clause("CLI-3.9")]
    [InlineData("0.7")]
    [InlineData("newest")]
    public void AMegatronVersionThatIsNoneIsRefused(string version)
    {
        var run = Program.Run("export", "--model", s_model, "--to_mcore", "--output_dir", _folder["out"], "--megatron_version", version);
        Assert.True(run.ExitCode == 2 && run.Error.Contains("CLI-3.9", StringComparison.Ordinal), run.All);
    }

    [Fact, Clause("CLI-3.6")]
    public void ASourceIsOfTheKindItsFlagTakes()
    {
        Done("export", "--model", s_model, "--to_mcore", "--output_dir", _folder["mcore"]);
        foreach (var line in (string[][])[["--to_hf", "--model", _folder["mcore"]], ["--to_mcore", "--mcore_model", s_model], ["--to_hf", "--mcore_model", s_model]])
        {
            var run = Program.Run(["export", "--output_dir", _folder["out"], .. line]);
            Assert.True(run.ExitCode == 4 && run.Error.Contains("CLI-3.6", StringComparison.Ordinal), run.All);
        }
    }

    [Fact, Clause("CLI-3.6")]
    public void EitherSourceGoesInBothDirections()
    {
        Done("export", "--model", s_model, "--to_mcore", "--output_dir", _folder["mcore"]);
        Done("export", "--mcore_model", _folder["mcore"], "--to_mcore", "--output_dir", _folder["again"], "--tensor_model_parallel_size", "2", "--make_vocab_size_divisible_by", "128");
        Done("export", "--mcore_model", _folder["again"], "--to_hf", "--output_dir", _folder["hf"]);
        Done("export", "--model", _folder["hf"], "--to_hf", "--output_dir", _folder["hf2"], "--max_shard_size", "100KB");
        Done("diff", s_model, _folder["hf2"]);
    }

    [Fact, Clause("CLI-3.9")]
    public void TheFormOfMegatron019HoldsTheCommonStateInside()
    {
        Done("export", "--model", s_model, "--to_mcore", "--output_dir", _folder["mcore"], "--megatron_version", "0.19");
        Assert.False(File.Exists(Path.Combine(_folder["mcore"], "iter_0000001", "common.pt")));
        using (var written = (TorchDistReader)CheckpointOpener.Open(_folder["mcore"])) { Assert.NotNull(written.Common?.Find("args")); }
        Done("export", "--mcore_model", _folder["mcore"], "--to_hf", "--output_dir", _folder["hf"]);
        Done("diff", s_model, _folder["hf"]);
    }

    [Fact]
    public void TheReceiptCountsEveryElement()
    {
        Done("export", "--model", s_model, "--to_mcore", "--output_dir", _folder["mcore"], "--tensor_model_parallel_size", "2");
        var receipt = JsonNode.Parse(File.ReadAllText(Path.Combine(_folder["mcore"], "ckpt.json")))!;
        using var model = CheckpointOpener.Open(s_model);
        Assert.Equal(model.Tensors.Sum(static t => t.Shape.Count), receipt["ledger"]!["elements_copied"]!.GetValue<long>());
        Assert.Equal(2 * 64, receipt["ledger"]!["elements_zero"]!.GetValue<long>()); // one row of padding in embedding and head
        foreach (var file in receipt["files"]!.AsArray())
        {
            var bytes = File.ReadAllBytes(Path.Combine(_folder["mcore"], file!["path"]!.GetValue<string>()));
            Assert.Equal(file["bytes"]!.GetValue<long>(), bytes.Length);
            Assert.Equal(file["crc32"]!.GetValue<string>(), Formats.IO.Crc32.Of(bytes).ToString("x8", null));
        }
    }

    [Fact, Clause("SHD-4.5")]
    public void AnOutputOfOursIsReplacedWhenAsked()
    {
        Done("export", "--model", s_model, "--to_mcore", "--output_dir", _folder["out"]);
        Assert.Equal(2, Program.Run("export", "--model", s_model, "--to_mcore", "--output_dir", _folder["out"]).ExitCode);
        Done("export", "--model", Repository.Vector("hf", "llama"), "--to_mcore", "--output_dir", _folder["out"], "--exist_ok", "true");
        Done("export", "--mcore_model", _folder["out"], "--to_hf", "--output_dir", _folder["hf"]);
        Done("diff", Repository.Vector("hf", "llama"), _folder["hf"]);
    }

    [Fact]
    public void ADifferenceIsExitCodeOne()
    {
        var other = Folders.Copy(s_model, _folder["other"]);
        var path = Path.Combine(other, "model.safetensors");
        var bytes = File.ReadAllBytes(path);
        bytes[^3] ^= 1;
        File.WriteAllBytes(path, bytes);
        var run = Program.Run("diff", s_model, other);
        Assert.True(run.ExitCode == 1 && run.Out.Contains("1 elements differ", StringComparison.Ordinal), run.All);
    }

    [Fact, Clause("SHD-4.1"), Clause("SHD-4.6")]
    public void AKilledRunContinuesToTheSameBytes()
    {
        Done("export", "--model", s_model, "--to_mcore", "--output_dir", _folder["expected"]);
        for (var wait = 100; wait <= 260; wait += 40)
        {
            using (var process = Program.Start("export", "--model", s_model, "--to_mcore", "--output_dir", _folder["out"]))
            {
                Thread.Sleep(wait);
                process.Kill();
                process.WaitForExit();
            }
            if (!Directory.Exists(_folder["out"])) { Done("export", "--model", s_model, "--to_mcore", "--output_dir", _folder["out"]); }
            Assert.Equal(Folders.Hashes(_folder["expected"]), Folders.Hashes(_folder["out"]));
            Assert.False(Directory.Exists(_folder["out.partial"]));
            Directory.Delete(_folder["out"], recursive: true);
        }
    }

    JsonNode Config(string folder) => JsonNode.Parse(File.ReadAllText(Path.Combine(_folder[folder], "config.json")))!;

    static Outcome Done(params string[] arguments)
    {
        var run = Program.Run(arguments);
        Assert.True(run.ExitCode == 0, run.All);
        return run;
    }
}
