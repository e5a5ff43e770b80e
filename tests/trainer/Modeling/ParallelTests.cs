using Ckpt.Kit;
using Ckpt.Trainer.Modeling;
using Xunit;

namespace Ckpt.TrainerTests.Modeling;

/// <summary>Layouts change where a model is computed, not what.</summary>
[Collection(OneAtATime.Name)]
public sealed class ParallelTests
{
    /// <summary>Steps of each run; CKPT_CURVE_STEPS=30 asks for all of them.</summary>
    internal static int Steps => int.TryParse(Environment.GetEnvironmentVariable("CKPT_CURVE_STEPS"), out var steps) ? steps : 4;

    [TorchTheory]
    [InlineData("qwen3", "full", 1, 2, false)]
    [InlineData("qwen3", "full", 2, 1, true)]
    [InlineData("qwen3", "full", 2, 2, true)]
    [InlineData("qwen3", "full", 4, 1, false)]
    [InlineData("llama", "lora", 2, 1, true)]
    [InlineData("llama", "full", 2, 2, false)]
    [InlineData("qwen3_moe", "full", 2, 1, true)]
    [InlineData("qwen3_moe", "lora", 2, 2, true)]
    [InlineData("qwen3_moe", "lora", 2, 1, false)]
    [Clause("MOD-4.3")]
    public void LossesAndNormsAreThoseOfTheReferenceUnderEveryLayout(string model, string mode, int tensor, int data, bool sequence)
    {
        var expected = Curve.Of(model, mode + "_float32");
        var curves = RankThreads.Run(tensor, data, sequence, place =>
        {
            using var run = new ReferenceRun(model, mode, new ModelOptions(), place);
            return run.Train(Steps);
        });
        foreach (var found in curves)
        {
            for (var step = 0; step < Steps; step++)
            {
                Assert.Equal(expected.Losses[step], found.Losses[step], 2e-5);
                Assert.Equal(1, found.Norms[step] / expected.Norms[step], 1e-4);
            }
        }
    }
}
