using Ckpt.Inference.Descriptions;
using Ckpt.Inference.Weights;
using Ckpt.Kit;
using Ckpt.Torch;
using Ckpt.Torch.Distributed;
using Ckpt.Trainer.Adapting;
using Ckpt.Trainer.Modeling;
using Ckpt.Trainer.Optimizing;
using Xunit;
using static Ckpt.Torch.torch;

namespace Ckpt.TrainerTests.Modeling;

/// <summary>What holds of a pass whatever the model.</summary>
[Collection(OneAtATime.Name)]
public sealed class PassTests
{
    [TorchTheory]
    [InlineData("qwen3")]
    [InlineData("deepseek_v3-yarn")]
    [InlineData("gpt_oss")]
    [Clause("MOD-3.2")]
    public void APackedSequenceHasTheLossesItHasAlone(string name)
    {
        using var scope = NewDisposeScope();
        using var tiny = new TinyModel("forward", name);
        using var model = tiny.Create(new ModelOptions());
        var (ids, labels) = Batch(tiny, 2, 24);
        int[] starts = [0, 5, 24, 31, 48];
        var positions = new long[48];
        for (var i = 1; i < starts.Length; i++)
        {
            for (var at = starts[i - 1]; at < starts[i]; at++) { positions[at] = at - starts[i - 1]; }
        }
        var packed = model.Loss(tensor(ids, [2, 24]), tensor(labels, [2, 24]), tensor(positions, [2, 24]), null, new CuSeqlens(starts)).ToArray<float>();
        for (var i = 1; i < starts.Length; i++)
        {
            var (first, end) = (starts[i - 1], starts[i]);
            var alone = model.Loss(tensor(ids[first..end], [1, end - first]), tensor(labels[first..end], [1, end - first])).ToArray<float>();
            for (var at = first; at < end; at++) { Assert.Equal(alone[at - first], packed[at], 1e-5); }
        }
    }

    [TorchTheory]
    [InlineData(RecomputeGranularity.Full, RecomputeMethod.Uniform, 1, 0.0)]
    [InlineData(RecomputeGranularity.Full, RecomputeMethod.Uniform, 3, 0.2)]
    [InlineData(RecomputeGranularity.Full, RecomputeMethod.Block, 2, 0.2)]
    [InlineData(RecomputeGranularity.Selective, RecomputeMethod.Uniform, 1, 0.2)]
    [Clause("MOD-3.3")]
    public void RecomputingGivesTheSameGradients(RecomputeGranularity granularity, RecomputeMethod method, int layers, double dropout)
    {
        using var tiny = new TinyModel("forward", "qwen3_moe");
        var options = new ModelOptions { AttentionDropout = dropout, HiddenDropout = dropout, AuxiliaryLoss = 0.1 };
        var kept = Gradients(tiny, options);
        var again = Gradients(tiny, options with { Recompute = new RecomputeOptions { Granularity = granularity, Method = method, Layers = layers } });
        Assert.Equal(kept.Keys, again.Keys);
        foreach (var (name, values) in kept) { Assert.Equal(0, values.Zip(again[name], static (one, other) => Math.Abs(one - other)).Max(), 1e-6); }
        Assert.Contains(kept.Values, static values => values.Any(static value => Math.Abs(value) > 1e-4));
    }

    [TorchFact]
    [Clause("MOD-3.3")]
    public void AdaptersGetGradientsThroughRecomputedLayers()
    {
        using var tiny = new TinyModel("forward", "qwen3");
        var options = new ModelOptions { Lora = new LoraOptions { Dropout = 0.1 } };
        var kept = Gradients(tiny, options);
        var again = Gradients(tiny, options with { Recompute = new RecomputeOptions { Granularity = RecomputeGranularity.Full } });
        foreach (var (name, values) in kept) { Assert.Equal(0, values.Zip(again[name], static (one, other) => Math.Abs(one - other)).Max(), 1e-6); }
        Assert.Contains(kept, static pair => pair.Key.Contains("layers.0.", StringComparison.Ordinal) && pair.Value.Any(static value => Math.Abs(value) > 1e-6));
    }

    [TorchFact]
    [Clause("MOD-3.4")]
    public void RowsThatPadTheVocabularyDoNotCount()
    {
        using var scope = NewDisposeScope();
        using var tiny = new TinyModel("forward", "qwen3");
        var (ids, labels) = Batch(tiny, 1, 24);
        float[] Losses(int divisor)
        {
            using var model = tiny.Create(new ModelOptions { VocabularyDivisibleBy = divisor });
            Assert.Equal(0, model.Parameters[0].Shape[0] % divisor);
            return model.Loss(tensor(ids, [1, 24]), tensor(labels, [1, 24])).ToArray<float>();
        }
        Assert.Equal(Losses(1), Losses(128));
    }

    [TorchFact]
    [Clause("MOD-3.8")]
    public void AStepLeavesNothingBehind()
    {
        foreach (var options in new[] { new ModelOptions { Recompute = new RecomputeOptions { Granularity = RecomputeGranularity.Selective } }, new ModelOptions { Type = ScalarType.BFloat16, Recompute = new RecomputeOptions { Granularity = RecomputeGranularity.Full } } })
        {
            using var run = new ReferenceRun("qwen3_moe", "full", options);
            run.Train(2);
            GC.Collect();
            GC.WaitForPendingFinalizers();
            var before = Tensor.LiveCount;
            run.Train(3, 2);
            Assert.Equal(before, Tensor.LiveCount);
        }
    }

    [TorchTheory]
    [InlineData("qwen3_next")]
    [InlineData("qwen3_5_text")]
    [InlineData("qwen3_5_moe_text")]
    [InlineData("llama4_text")]
    [InlineData("phimoe")]
    [Clause("MOD-1.4")]
    public void WhatIsNotTrainedIsRefused(string name) => Refused("MOD-1.4", name, new ModelOptions());

    [TorchFact]
    [Clause("MOD-1.1")]
    [Clause("MOD-1.2")]
    [Clause("MOD-1.6")]
    [Clause("MOD-2.1")]
    [Clause("MOD-2.2")]
    public void WhatDoesNotFitIsNamed()
    {
        Assert.Contains("q_layernorm", Refused("MOD-1.1", "qwen3", new ModelOptions(), source => new ChangedSource(source, "decoder.layers.1.self_attention.q_layernorm.weight", null)), StringComparison.Ordinal);
        Assert.Contains("[3, 2]", Refused("MOD-1.2", "qwen3", new ModelOptions(), source => new ChangedSource(source, "decoder.layers.1.mlp.linear_fc2.weight", [3, 2])), StringComparison.Ordinal);
        Refused("MOD-1.6", "qwen3", new ModelOptions { Type = ScalarType.Float16 });
        ModelOptions Adapter(params string[] parts) => new() { Lora = new LoraOptions { Modules = new Dictionary<string, LoraShape> { ["decoder.layers.0.self_attention.linear_qkv"] = new(2, 2, parts) } } };
        Assert.Contains("lora_A.default.q.weight", Refused("MOD-2.1", "qwen3", Adapter("q")), StringComparison.Ordinal);
        Assert.Contains("q, k, v", Refused("MOD-2.2", "qwen3", Adapter("gate"), static source => new ZeroFactors(source)), StringComparison.Ordinal);
    }

    [TorchTheory]
    [InlineData("MOD-1.5", 3)]
    [InlineData("MOD-1.5", 8)]
    [InlineData("MOD-2.3", 4)]
    [InlineData("MOD-1.3", 4)]
    [Clause("MOD-1.3")]
    [Clause("MOD-1.5")]
    [Clause("MOD-2.3")]
    public void ALayoutThatCannotBeMadeIsRefused(string clause, int ranks)
    {
        // A layout is looked at before any rank speaks to another.
        var place = new Trainer.Parallel.ParallelPlace(ranks, 0, ranks, 0, 1, 0, ProcessGroup.Alone, ProcessGroup.Alone, ProcessGroup.Alone, false);
        using var tiny = new TinyModel(clause == "MOD-1.3" ? ["hf", "llama"] : ["hf", "qwen3"]);
        var lora = clause == "MOD-2.3" ? new LoraOptions { Modules = new Dictionary<string, LoraShape> { ["decoder.layers.0.self_attention.linear_qkv"] = new(2, 2, ["q"]) } } : null;
        var description = clause == "MOD-1.3" ? Narrowed(tiny) : tiny.Description;
        var error = Assert.Throws<Ckpt.Formats.LayoutException>(() => GptModel.Create(description, place, new ModelOptions { Lora = lora, Initialisation = new InitialisationOptions() }, new NoSource()));
        Assert.Equal(clause, error.Clause);
    }

    // A feed-forward layer of 98, which four cannot share.
    static ForwardModel Narrowed(TinyModel tiny)
    {
        var json = tiny.Checkpoint.Side.Config.Json;
        json["intermediate_size"] = 98;
        return ForwardModel.Of(Ckpt.Models.Configs.HfConfig.Parse(json, "config.json"), new CheckpointWeights(tiny.Checkpoint.Reader));
    }

    static string Refused(string clause, string name, ModelOptions options, Func<IParameterSource, IParameterSource>? changed = null)
    {
        using var tiny = new TinyModel("forward", name);
        IParameterSource source = new HfParameters(tiny.Checkpoint);
        var error = Assert.ThrowsAny<Ckpt.Formats.CheckpointException>(() => GptModel.Create(tiny.Description, Trainer.Parallel.ParallelPlace.Alone, options, changed?.Invoke(source) ?? source));
        Assert.Equal(clause, error.Clause);
        return error.Message;
    }

    static Dictionary<string, float[]> Gradients(TinyModel tiny, ModelOptions options)
    {
        using var scope = NewDisposeScope();
        using var model = tiny.Create(options);
        var (ids, labels) = Batch(tiny, 2, 24);
        // B factors that are zero would hide A's gradients.
        using (no_grad())
        {
            manual_seed(5);
            foreach (var parameter in model.Parameters.Where(static parameter => parameter.Name.Contains("lora_B", StringComparison.Ordinal))) { parameter.Value.normal_(0, 0.02); }
        }
        manual_seed(17);
        model.Loss(tensor(ids, [2, 24]), tensor(labels, [2, 24])).mean().backward();
        return model.Parameters.Where(static parameter => parameter.Trainable).ToDictionary(static parameter => parameter.Name, static parameter => parameter.Value.grad?.ToArray<float>() ?? [0f]);
    }

    static (long[] Ids, long[] Labels) Batch(TinyModel tiny, int rows, int length)
    {
        var ids = TinyModel.Values<long>(Path.Combine(tiny.Folder, "expected.safetensors"), "input_ids");
        ids = [.. Enumerable.Range(0, rows * length).Select(at => ids[at % ids.Length])];
        var labels = ids.Select((_, at) => (at + 1) % length == 0 || at % 7 == 3 ? -100 : ids[at + 1]).ToArray();
        return (ids, labels);
    }

    sealed class ChangedSource(IParameterSource inner, string name, long[]? shape) : IParameterSource
    {
        public Tensor? Read(string asked, ReadOnlySpan<long> localShape, ScalarType type) => asked == name ? shape is null ? null : zeros(shape, type) : inner.Read(asked, localShape, type);
    }

    sealed class ZeroFactors(IParameterSource inner) : IParameterSource
    {
        public Tensor? Read(string name, ReadOnlySpan<long> localShape, ScalarType type) => name.Contains("lora_", StringComparison.Ordinal) ? zeros(localShape.ToArray(), type) : inner.Read(name, localShape, type);
    }

    sealed class NoSource : IParameterSource
    {
        public Tensor? Read(string name, ReadOnlySpan<long> localShape, ScalarType type) => null;
    }
}
