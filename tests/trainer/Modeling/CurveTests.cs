using Ckpt.Kit;
using Ckpt.Torch;
using Ckpt.Trainer.Modeling;
using Xunit;
using static Ckpt.Torch.torch;

namespace Ckpt.TrainerTests.Modeling;

/// <summary>Training is PyTorch's: the same losses and gradient norms, step by step.</summary>
[Collection(OneAtATime.Name)]
public sealed class CurveTests
{
    const int Steps = 30;

    // In bfloat16 steps cost what they would elsewhere, without its instructions.
    static int Some => ParallelTests.Steps;

    [TorchTheory]
    [InlineData("qwen3", "full")]
    [InlineData("llama", "full")]
    [InlineData("qwen3_moe", "full")]
    [InlineData("qwen3", "lora")]
    [InlineData("llama", "lora")]
    [InlineData("qwen3_moe", "lora")]
    [InlineData("qwen3_moe", "lora_attn")]
    [Clause("MOD-4.1")]
    public void LossesAndNormsAreThoseOfTheReference(string model, string mode)
    {
        using var scope = NewDisposeScope();
        using var run = new ReferenceRun(model, mode, new ModelOptions());
        var (expected, found) = (Curve.Of(model, mode + "_float32"), run.Train(Steps));
        for (var step = 0; step < Steps; step++)
        {
            Assert.Equal(expected.Losses[step], found.Losses[step], step == 0 ? 2e-6 : 2e-5);
            Assert.Equal(1, found.Norms[step] / expected.Norms[step], 1e-4);
        }
        var compared = 0;
        foreach (var (key, values) in Hf(run.Model))
        {
            if (ReferenceRun.Final(model, mode, key) is not { } final) { continue; }
            Assert.Equal(0, final.Zip(values, static (one, other) => Math.Abs(one - other)).Max(), 5e-5);
            compared++;
        }
        Assert.True(compared >= 2, $"{compared} tensors");
    }

    [TorchTheory]
    [InlineData("qwen3", "full")]
    [InlineData("llama", "lora")]
    [InlineData("qwen3_moe", "full")]
    [Clause("MOD-4.2")]
    public void BFloat16WithFloat32MastersStaysBesideTheReference(string model, string mode)
    {
        using var run = new ReferenceRun(model, mode, new ModelOptions { Type = ScalarType.BFloat16 });
        var (expected, found) = (Curve.Of(model, mode + "_bf16_fp32_master"), run.Train(Some));
        for (var step = 0; step < Some; step++) { Assert.Equal(expected.Losses[step], found.Losses[step], 2e-2); }
    }

    // Trained parameters under the reference's names, where these are one to one.
    static IEnumerable<(string Key, float[] Values)> Hf(GptModel model)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["decoder.layers.1.self_attention.q_layernorm.weight"] = "model.layers.1.self_attn.q_norm.weight",
            ["decoder.layers.2.self_attention.linear_qkv.layer_norm_weight"] = "model.layers.2.input_layernorm.weight",
            ["decoder.layers.0.mlp.router.weight"] = "model.layers.0.mlp.gate.weight",
            ["decoder.layers.3.mlp.linear_fc2.weight"] = "model.layers.3.mlp.down_proj.weight",
            ["decoder.final_layernorm.weight"] = "model.norm.weight",
            ["output_layer.weight"] = "lm_head.weight",
        };
        foreach (var parameter in model.Parameters)
        {
            var values = parameter.Value.detach().ToArray<float>();
            if (names.TryGetValue(parameter.Name, out var key)) { yield return (key, values); }
            if (parameter.IsAdapter && parameter.Name.Contains(".lora_B.", StringComparison.Ordinal)) { yield return (parameter.Name, values); }
        }
    }
}
