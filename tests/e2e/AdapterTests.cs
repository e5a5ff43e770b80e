using System.Text.Json.Nodes;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Models.Opening;
using Xunit;

namespace Ckpt.EndToEndTests;

/// <summary>Adapters, 8-bit weights and Megatron's other formats, through export.</summary>
public sealed class AdapterTests : IDisposable
{
    static readonly string s_model = Repository.Vector("hf", "qwen3");
    static readonly string s_adapter = Repository.Vector("peft", "accept", "qwen3", "subset_layers");
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Megatron knows one A for what is fused: the ranks differ, what the adapter does to the model does not.</summary>
    [Fact, Clause("CLI-3.12"), Clause("CLI-3.13")]
    public void AnAdapterGoesToMegatronAndBackAndDoesTheSame()
    {
        Done("export", "--model", s_model, "--adapters", s_adapter, "--to_mcore", "--merge_lora", "false", "--output_dir", _folder["mcore"], "--tp", "2");
        Done("export", "--mcore_adapter", _folder["mcore"], "--to_peft_format", "--output_dir", _folder["peft"]);
        Done("export", "--model", s_model, "--mcore_adapter", _folder["mcore"], "--to_hf", "--merge_lora", "false", "--output_dir", _folder["peft2"]);
        Done("diff", _folder["peft"], _folder["peft2"]);
        Assert.Contains("lora_alpha", File.ReadAllText(Path.Combine(_folder["peft"], "adapter_config.json")), StringComparison.Ordinal);

        Done("export", "--model", s_model, "--adapters", s_adapter, "--to_hf", "--output_dir", _folder["a"]);
        Done("export", "--model", s_model, "--adapters", _folder["peft"], "--to_hf", "--output_dir", _folder["b"]);
        Done("diff", _folder["a"], _folder["b"]);
        Assert.Equal(1, Program.Run("diff", s_model, _folder["a"]).ExitCode);
    }

    [Fact]
    public void AMergeIsTheSameInEitherFormat()
    {
        var merged = Done("export", "--model", s_model, "--adapters", s_adapter, "--to_hf", "--output_dir", _folder["hf"]);
        Assert.Contains("merged ", merged.Out, StringComparison.Ordinal);
        Assert.NotNull(JsonNode.Parse(File.ReadAllText(Path.Combine(_folder["hf"], "ckpt.json")))!["model"]!["merged_adapters"]);
        Done("export", "--model", s_model, "--adapters", s_adapter, "--to_mcore", "--merge_lora", "--output_dir", _folder["mcore"], "--tp", "2");
        Done("export", "--mcore_model", _folder["mcore"], "--to_hf", "--output_dir", _folder["hf2"]);
        Done("diff", _folder["hf"], _folder["hf2"]);

        // Megatron's adapter names its model itself, and has nothing to become on the way to Megatron but merged.
        Done("export", "--model", s_model, "--adapters", s_adapter, "--to_mcore", "--merge_lora", "false", "--output_dir", _folder["lora"]);
        Done("export", "--mcore_adapter", _folder["lora"], "--to_mcore", "--output_dir", _folder["mcore2"], "--tp", "2");
        Done("diff", _folder["mcore"], _folder["mcore2"]);
    }

    [Fact, Clause("CLI-3.10"), Clause("CLI-3.14")]
    public void EightBitWeightsGoToMegatronAndBackCodeForCode()
    {
        var model = MadeModel.OfWholeBlocks(_folder["model"]);
        var made = Done("export", "--model", model, "--to_hf", "--fp8_format", "e4m3", "--fp8_recipe", "blockwise", "--fp8_param_gather", "true", "--output_dir", _folder["fp8"]);
        Assert.Contains("quantised  14 tensors", made.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("could not keep", made.Out, StringComparison.Ordinal);
        Done("export", "--model", model, "--to_hf", "--quant_method", "fp8", "--output_dir", _folder["again"]);
        Assert.Equal(Folders.Hashes(_folder["fp8"]), Folders.Hashes(_folder["again"]));

        Assert.DoesNotContain("could not keep", Done("export", "--model", _folder["fp8"], "--to_mcore", "--fp8_param_gather", "true", "--output_dir", _folder["mcore"]).Out, StringComparison.Ordinal);
        Done("export", "--mcore_model", _folder["mcore"], "--to_hf", "--output_dir", _folder["back"]);
        Assert.Equal(Folders.Hashes(_folder["fp8"]), Folders.Hashes(_folder["back"]));

        // Numbers are made of it where no 8 bits are asked for, the same on either way.
        Assert.Contains("become bfloat16", Done("export", "--model", _folder["fp8"], "--to_mcore", "--output_dir", _folder["numbers"]).Error, StringComparison.Ordinal);
        Done("export", "--mcore_model", _folder["numbers"], "--to_hf", "--output_dir", _folder["x"]);
        Done("export", "--mcore_model", _folder["mcore"], "--to_hf", "--torch_dtype", "bfloat16", "--output_dir", _folder["y"]);
        Done("diff", _folder["x"], _folder["y"]);
        var told = Done("export", "--mcore_model", _folder["numbers"], "--model", _folder["fp8"], "--to_hf", "--output_dir", _folder["z"]);
        Assert.Contains("they are not", told.Error, StringComparison.Ordinal);
        Assert.Equal(Folders.Hashes(_folder["x"]), Folders.Hashes(_folder["z"]));
        using var numbers = ModelFormats.Open(_folder["x"]);
        Assert.All(numbers.Tensors, static tensor => Assert.Equal(DType.BF16, tensor.DType));
        Assert.DoesNotContain("quantization_config", File.ReadAllText(Path.Combine(_folder["x"], "config.json")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("qwen3", "torch", "--tp", "2", "--pp", "2")]
    [InlineData("qwen3_moe", "torch", "--tp", "2", "--ep", "2", "--moe_grouped_gemm", "false", "--transformer_impl", "local")]
    [InlineData("qwen3_moe", "torch", "--ep", "4", "--dialect", "mindspeed", "--moe_grouped_gemm", "true")]
    [InlineData("qwen3", "zarr")]
    public void EveryFormatOfMegatronHoldsTheModel(string model, string format, params string[] layout)
    {
        var hf = Repository.Vector("hf", model);
        Done(["export", "--model", hf, "--to_mcore", "--ckpt_format", format, "--output_dir", _folder["mcore"], "--test_convert_precision", "true", .. layout]);
        using (var written = ModelFormats.Open(_folder["mcore"])) { Assert.Equal(format, written.Format); }
        Done("export", "--mcore_model", _folder["mcore"], "--to_hf", "--output_dir", _folder["hf"]);
        Done("diff", hf, _folder["hf"]);
    }

    [Fact, Clause("CLI-3.15")]
    public void ExpertsAreWrittenInEitherForm()
    {
        var hf = Repository.Vector("hf", "qwen3_moe");
        Done("export", "--model", hf, "--to_hf", "--expert_format", "fused", "--output_dir", _folder["fused"]);
        using (var fused = ModelFormats.Open(_folder["fused"])) { Assert.Contains(fused.Tensors, static tensor => tensor.Name == "model.layers.0.mlp.experts.gate_up_proj"); }
        Done("export", "--model", _folder["fused"], "--to_hf", "--expert_format", "per_expert", "--output_dir", _folder["single"]);
        Done("diff", hf, _folder["single"]);
    }

    [Theory]
    [InlineData(4, "CLI-3.12", "--adapters", "ADAPTER", "--to_hf", "--merge_lora", "false")] // is PEFT's already
    [InlineData(4, "CLI-3.12", "--adapters", "ADAPTER", "--to_mcore", "--ckpt_format", "zarr")]
    [InlineData(4, "CLI-3.15", "--to_hf", "--expert_format", "fused")] // qwen3 has no experts
    [InlineData(4, "CLI-3.10", "--to_mcore", "--ckpt_format", "torch", "--fp8_param_gather")]
    [InlineData(2, "NAM-11.5", "--to_mcore", "--mtp_num_layers", "1")]
    [Clause("CLI-3.10"), Clause("CLI-3.11"), Clause("CLI-3.12"), Clause("CLI-3.15")]
    public void WhatTheModelCannotHaveIsRefused(int exitCode, string clause, params string[] flags)
    {
        var run = Program.Run(["export", "--model", s_model, "--output_dir", _folder["out"], .. flags.Select(flag => flag == "ADAPTER" ? s_adapter : flag)]);
        Assert.True(run.ExitCode == exitCode && run.Error.Contains(clause, StringComparison.Ordinal), run.All);
        Assert.False(Directory.Exists(_folder["out"]));
    }

    [Fact, Clause("CLI-3.14")]
    public void EightBitWeightsAreNotMadeOfMegatronsOwnFusedOnes()
    {
        Done("export", "--model", s_model, "--to_mcore", "--output_dir", _folder["mcore"]);
        var run = Program.Run("export", "--mcore_model", _folder["mcore"], "--to_mcore", "--fp8_param_gather", "--output_dir", _folder["out"]);
        Assert.True(run.ExitCode == 4 && run.Error.Contains("CLI-3.14", StringComparison.Ordinal), run.All);
    }

    static Outcome Done(params string[] arguments)
    {
        var run = Program.Run(arguments);
        Assert.True(run.ExitCode == 0, run.All);
        return run;
    }
}
