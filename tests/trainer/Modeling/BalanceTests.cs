using Ckpt.Kit;
using Ckpt.Torch;
using Ckpt.Trainer.Modeling;
using Xunit;
using static Ckpt.Torch.torch;

namespace Ckpt.TrainerTests.Modeling;

/// <summary>What keeps experts equally busy.</summary>
[Collection(OneAtATime.Name)]
public sealed class BalanceTests
{
    static readonly long[] s_tokens = [.. Enumerable.Range(0, 24).Select(static at => (long)((at * 37) % 23) + 1)];

    [TorchFact]
    [Clause("MOD-3.6")]
    public void TheBalancingLossIsAddedToTheRoutersGradients()
    {
        using var scope = NewDisposeScope();
        using var tiny = new TinyModel("forward", "qwen3_moe");
        const double weight = 0.3;
        using var plain = tiny.Create(new ModelOptions());
        using var balanced = tiny.Create(new ModelOptions { AuxiliaryLoss = weight });
        balanced.BalancingScale = 0.5;
        var last = $"decoder.layers.{tiny.Description.LayerCount - 1}.mlp.router.weight";
        var (before, found) = (Gradient(plain, last), Gradient(balanced, last));
        // By finite differences of the loss that the last layer reports: nothing behind it changes what its router sees.
        var router = balanced.Parameters.Single(parameter => parameter.Name == last);
        var all = Value(balanced);
        const double step = 1e-2;
        for (var at = 0; at < 4; at++)
        {
            var moved = Moved(router, at, step, () => Value(balanced));
            var other = Moved(router, at, -step, () => Value(balanced));
            Assert.Equal((moved - other) / (2 * step) * weight * 0.5, found[at] - before[at], 2e-4);
        }
        Assert.True(all >= 1);
        Assert.Contains(found.Zip(before), static pair => Math.Abs(pair.First - pair.Second) > 1e-4);
    }

    [TorchFact]
    [Clause("MOD-3.7")]
    public void BiasesMoveTowardsTheMean()
    {
        using var scope = NewDisposeScope();
        using var tiny = new TinyModel("forward", "deepseek_v3-yarn");
        using var model = tiny.Create(new ModelOptions());
        var biases = model.Parameters.Where(static parameter => parameter.Name.EndsWith("router.expert_bias", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(biases);
        Assert.All(biases, static bias => Assert.False(bias.Trainable));
        var before = biases.ConvertAll(static bias => bias.Value.ToArray<float>());
        model.Loss(tensor(s_tokens, [1, 24]), tensor(s_tokens, [1, 24]));
        model.UpdateExpertBiases(0.25);
        var after = biases.ConvertAll(static bias => bias.Value.ToArray<float>());
        foreach (var (one, other) in before.Zip(after))
        {
            var steps = one.Zip(other, static (x, y) => Math.Round((y - x) / 0.25, 3)).ToArray();
            Assert.All(steps, static step => Assert.True(step is -1 or 0 or 1, $"{step}"));
            Assert.Contains(1, steps);
            Assert.Contains(-1, steps);
        }
        // What was counted is forgotten.
        model.UpdateExpertBiases(0.25);
        Assert.Equal(after, biases.ConvertAll(static bias => bias.Value.ToArray<float>()));
    }

    static float[] Gradient(GptModel model, string name)
    {
        model.Loss(tensor(s_tokens, [1, 24]), tensor(s_tokens, [1, 24])).mean().backward();
        model.TakeBalancingLosses();
        return model.Parameters.Single(parameter => parameter.Name == name).Value.grad!.ToArray<float>();
    }

    static double Value(GptModel model)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        model.Loss(tensor(s_tokens, [1, 24]), tensor(s_tokens, [1, 24]));
        return model.TakeBalancingLosses().Auxiliary;
    }

    static double Moved(Parameter parameter, int at, double step, Func<double> value)
    {
        using var off = no_grad();
        parameter.Value.data<float>()[at] += (float)step;
        try { return value(); }
        finally { parameter.Value.data<float>()[at] -= (float)step; }
    }
}
