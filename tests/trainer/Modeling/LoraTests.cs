using Ckpt.Kit;
using Ckpt.Torch;
using Ckpt.Trainer.Adapting;
using Ckpt.Trainer.Modeling;
using Xunit;
using static Ckpt.Torch.torch;

namespace Ckpt.TrainerTests.Modeling;

/// <summary>Adapters.</summary>
[Collection(OneAtATime.Name)]
public sealed class LoraTests
{
    static readonly long[] s_tokens = [.. Enumerable.Range(0, 24).Select(static at => (long)((at * 37) % 23) + 1)];

    [TorchTheory]
    [InlineData("qwen3", "all-linear all-embedding")]
    [InlineData("qwen3_moe", "all-linear all-router")]
    [InlineData("deepseek_v3-yarn", "all-linear")]
    [Clause("MOD-2.4")]
    public void ANewAdapterChangesNothingYet(string name, string targets)
    {
        using var scope = NewDisposeScope();
        using var tiny = new TinyModel("forward", name);
        using var plain = tiny.Create(new ModelOptions());
        using var adapted = tiny.Create(new ModelOptions { Lora = new LoraOptions { Targets = targets.Split(' ') } });
        Assert.Equal(Logits(plain), Logits(adapted));
        var factors = adapted.Parameters.Where(static parameter => parameter.Name.Contains(".lora_A.", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(factors);
        foreach (var factor in factors)
        {
            var values = factor.Value.ToArray<float>();
            var bound = 1 / Math.Sqrt(factor.Shape[1]);
            Assert.InRange(values.Max(), 0.6 * bound, bound);
            Assert.InRange(values.Min(), -bound, -0.6 * bound);
        }
    }

    [TorchTheory]
    [InlineData(false)]
    [InlineData(true)]
    [Clause("MOD-1.7")]
    [Clause("MOD-2.4")]
    public void WhatIsDrawnIsPartOfTheSameUnderEveryLayout(bool isAdapter)
    {
        using var tiny = new TinyModel("hf", "qwen3_moe");
        var options = isAdapter ? new ModelOptions { Lora = new LoraOptions() } : new ModelOptions { Initialisation = new InitialisationOptions() };
        IParameterSource Source(int rank) => isAdapter ? new HfParameters(tiny.Checkpoint, rank) : new Nothing();
        var whole = Values(GptModel.Create(tiny.Description, Trainer.Parallel.ParallelPlace.Alone, options, Source(0)));
        for (var rank = 0; rank < 2; rank++)
        {
            var place = Trainer.Parallel.ParallelPlace.Alone with { World = 2, Rank = rank, TensorParallel = 2, TensorRank = rank };
            foreach (var (name, (shape, values)) in Values(GptModel.Create(tiny.Description, place, options, Source(rank))))
            {
                if (name is "embedding.word_embeddings.weight" or "output_layer.weight") { continue; }
                using var scope = NewDisposeScope();
                var (all, allValues) = whole[name];
                Assert.Equal(HfParameters.Local(name, tensor(allValues, all), shape, rank).contiguous().ToArray<float>(), values);
            }
        }
    }

    [TorchFact]
    [Clause("MOD-1.7")]
    public void DrawnWeightsAreAsMegatronDrawsThem()
    {
        using var tiny = new TinyModel("hf", "qwen3");
        var values = Values(GptModel.Create(tiny.Description, Trainer.Parallel.ParallelPlace.Alone, new ModelOptions { Initialisation = new InitialisationOptions(0.05) }, new Nothing()));
        double Deviation(string name) => Math.Sqrt(values[name].Values.Average(static value => (double)value * value));
        Assert.Equal(0.05, Deviation("decoder.layers.1.self_attention.linear_qkv.weight"), 0.001);
        Assert.Equal(0.05 / Math.Sqrt(8), Deviation("decoder.layers.1.self_attention.linear_proj.weight"), 0.0006);
        Assert.All(values["decoder.layers.2.self_attention.q_layernorm.weight"].Values, static value => Assert.Equal(1, value));
    }

    [TorchTheory]
    [InlineData("qwen3", false)]
    [InlineData("qwen3", true)]
    [InlineData("qwen3_moe", true)]
    [InlineData("llama-llama3", false)]
    [Clause("MOD-2.6")]
    public void AnAdapterIsASumOfWeights(string name, bool isStabilised)
    {
        using var scope = NewDisposeScope();
        using var tiny = new TinyModel("forward", name);
        var lora = new LoraOptions { Rank = 4, Alpha = 6, IsRankStabilised = isStabilised, Dropout = 0, Targets = ["all-linear", "all-router", "all-embedding"] };
        using var adapted = tiny.Create(new ModelOptions { Lora = lora });
        Draw(adapted);
        var factors = adapted.Parameters.Where(static parameter => parameter.IsAdapter).ToDictionary(static parameter => parameter.Name, static parameter => parameter.Value);
        using var merged = tiny.Create(new ModelOptions());
        using var off = no_grad();
        foreach (var parameter in merged.Parameters)
        {
            var at = parameter.Name.LastIndexOf(".weight", StringComparison.Ordinal);
            if (at < 0) { continue; }
            var (module, number) = (parameter.Name[..at], parameter.Name[(at + ".weight".Length)..]);
            Tensor? delta = null;
            if (factors.TryGetValue($"{module}.lora_A.default.weight{number}", out var a)) { delta = factors[$"{module}.lora_B.default.weight{number}"].matmul(a); }
            if (factors.TryGetValue($"{module}.lora_embedding_A.default", out a)) { delta = factors[$"{module}.lora_embedding_B.default"].matmul(a).t(); }
            if (delta is not null) { parameter.Value.add_(delta, isStabilised ? 3 : 1.5); }
        }
        var (one, other) = (Logits(adapted), Logits(merged));
        Assert.Equal(0, one.Zip(other, static (x, y) => Math.Abs(x - y)).Max() / Math.Max(1, one.Max()), 1e-4);
        using var plain = tiny.Create(new ModelOptions());
        Assert.NotEqual(0, one.Zip(Logits(plain), static (x, y) => Math.Abs(x - y)).Max(), 1e-3);
    }

    [Fact]
    [Clause("MOD-2.5")]
    public void TargetsAreAsMegatronSwiftHasThem()
    {
        const string qkv = "decoder.layers.0.self_attention.linear_qkv", router = "decoder.layers.0.mlp.router", head = "output_layer", embedding = "embedding.word_embeddings";
        bool Is(LoraOptions options, string module) => LoraTargets.ShapeOf(options, module) is not null;
        var linear = new LoraOptions();
        Assert.Equal([true, false, false, false], new[] { qkv, router, head, embedding }.Select(module => Is(linear, module)));
        var both = new LoraOptions { Targets = ["all-router", "all-embedding", "output_layer"] };
        Assert.Equal([false, true, true, true], new[] { qkv, router, head, embedding }.Select(module => Is(both, module)));
        Assert.True(Is(new LoraOptions { Targets = ["linear_qkv"] }, qkv));
        Assert.False(Is(new LoraOptions { Targets = ["qkv"] }, qkv));
        Assert.True(Is(new LoraOptions { TargetPattern = @"decoder\.layers\.\d+\..*qkv" }, qkv));
        Assert.False(Is(new LoraOptions { TargetPattern = "linear_qkv" }, qkv));
        Assert.False(Is(new LoraOptions { ModulesToSave = ["linear_qkv"] }, qkv));
    }

    [TorchFact]
    [Clause("MOD-2.7")]
    public void WhatIsFrozenIsNotTrained()
    {
        using var tiny = new TinyModel("hf", "qwen3");
        using var adapted = tiny.Create(new ModelOptions { Lora = new LoraOptions { ModulesToSave = ["output_layer"] } });
        Assert.All(adapted.Parameters, static parameter => Assert.Equal(parameter.IsAdapter || parameter.Name == "output_layer.weight", parameter.Trainable));
        Assert.All(adapted.Parameters, static parameter => Assert.Equal(parameter.Trainable, parameter.Value.requires_grad));

        (string, long)[] all = [("a.x", 10), ("a.y", 20), ("b.x", 30), ("b.y", 40)];
        string[] Trained(FreezeOptions options) => [.. all.Select(static parameter => parameter.Item1).Where(FreezePlan.Trained(options, all).Contains)];
        Assert.Equal(["a.x", "a.y", "b.x", "b.y"], Trained(new FreezeOptions()));
        Assert.Equal(["b.x", "b.y"], Trained(new FreezeOptions { Frozen = ["a"] }));
        Assert.Equal(["a.y", "b.y"], Trained(new FreezeOptions { FrozenPattern = "x$" }));
        Assert.Equal(["b.x", "b.y"], Trained(new FreezeOptions { FrozenRatio = 0.3 }));
        Assert.Equal(["a.x", "b.x", "b.y"], Trained(new FreezeOptions { FrozenRatio = 0.3, Trained = ["a.x"] }));
        Assert.Equal(["b.y"], Trained(new FreezeOptions { IsAll = true, TrainedPattern = @"b\.y" }));
    }

    static float[] Logits(GptModel model)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        return model.Logits(tensor(s_tokens, [1, s_tokens.Length])).ToArray<float>();
    }

    static void Draw(GptModel model)
    {
        using var off = no_grad();
        manual_seed(9);
        foreach (var parameter in model.Parameters.Where(static parameter => parameter.IsAdapter)) { parameter.Value.normal_(0, 0.05); }
    }

    static Dictionary<string, (long[] Shape, float[] Values)> Values(GptModel model)
    {
        using (model)
        {
            return model.Parameters.Where(static parameter => !parameter.IsBuffer).ToDictionary(static parameter => parameter.Name, static parameter => (parameter.Shape.ToArray(), parameter.Value.detach().ToArray<float>()));
        }
    }

    sealed class Nothing : IParameterSource
    {
        public Tensor? Read(string name, ReadOnlySpan<long> localShape, ScalarType type) => null;
    }
}
