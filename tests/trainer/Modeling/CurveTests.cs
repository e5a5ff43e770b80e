using Ckpt.Kit;
using Ckpt.Torch;
using Ckpt.Trainer.Modeling;
using Xunit;

namespace Ckpt.TrainerTests.Modeling;

/// <summary>Training is PyTorch's: the same losses and gradient norms, step by step.</summary>
public sealed class CurveTests
{
    const int Steps = 30;

    [Theory]
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
        using var run = new ReferenceRun(model, mode, new ModelOptions());
        var (expected, found) = (Curve.Of(model, mode + "_float32"), run.Train(Steps));
        for (var step = 0; step < Steps; step++)
        {
            Assert.Equal(expected.Losses[step], found.Losses[step], step == 0 ? 2e-6 : 2e-5);
            Assert.Equal(1, found.Norms[step] / expected.Norms[step], 1e-4);
        }
    }

    [Theory]
    [InlineData("qwen3", "full")]
    [InlineData("llama", "lora")]
    [InlineData("qwen3_moe", "full")]
    [Clause("MOD-4.2")]
    public void BFloat16WithFloat32MastersStaysBesideTheReference(string model, string mode)
    {
        using var run = new ReferenceRun(model, mode, new ModelOptions { Type = ScalarType.BFloat16 });
        var (expected, found) = (Curve.Of(model, mode + "_bf16_fp32_master"), run.Train(Steps));
        for (var step = 0; step < Steps; step++) { Assert.Equal(expected.Losses[step], found.Losses[step], 2e-2); }
    }
}
