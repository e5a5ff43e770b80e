using Ckpt.Inference;
using Ckpt.Inference.Weights;
using Ckpt.Kit;
using Ckpt.Torch;
using Ckpt.Trainer.Modeling;
using Xunit;
using static Ckpt.Torch.torch;

namespace Ckpt.TrainerTests.Modeling;

/// <summary>The model that is trained computes what transformers does.</summary>
[Collection(OneAtATime.Name)]
public sealed class LogitTests
{
    // PassTests.WhatIsNotTrainedIsRefused
    static readonly string[] s_refused = ["qwen3_next", "qwen3_5", "llama4", "phimoe"];

    public static TheoryData<string> Names => [.. Directory.GetDirectories(Repository.Vector("forward")).Select(static path => Path.GetFileName(path)!)
        .Where(static name => name != "makers" && !s_refused.Any(family => name.StartsWith(family, StringComparison.Ordinal))).Order(StringComparer.Ordinal)];

    [TorchTheory]
    [MemberData(nameof(Names))]
    [Clause("MOD-3.1")]
    public void LogitsAreThoseOfTransformers(string name)
    {
        using var scope = NewDisposeScope();
        using var tiny = new TinyModel("forward", name);
        var expected = Path.Combine(tiny.Folder, "expected.safetensors");
        var logits = TinyModel.Values<float>(expected, "logits");
        var ids = TinyModel.Values<long>(expected, "input_ids");
        using var model = tiny.Create(new ModelOptions());
        model.IsTraining = false;
        using var off = no_grad();
        var found = model.Logits(tensor(ids, [2, ids.Length / 2])).ToArray<float>();
        var mean = logits.Average();
        var deviation = Math.Sqrt(logits.Average(value => (value - mean) * (value - mean)));
        Assert.Equal(logits.Length, found.Length);
        Assert.Equal(0, logits.Zip(found, static (one, other) => Math.Abs(one - other)).Max() / deviation, 2e-5);
    }

    // Longer than a block of queries: Inference, which has no blocks, computes the same.
    [TorchTheory]
    [InlineData("qwen3")]
    [InlineData("gemma2")]
    [InlineData("gpt_oss")]
    [Clause("MOD-3.1")]
    public void LongSequencesAreComputedInBlocks(string name)
    {
        using var scope = NewDisposeScope();
        using var tiny = new TinyModel("forward", name);
        var ids = Enumerable.Range(0, 1100).Select(static at => ((at * at) + (3 * at)) % 29).ToArray();
        var expected = ForwardPass.Run(tiny.Description, new CheckpointWeights(tiny.Checkpoint.Reader), [ids], new ForwardOptions()).Values;
        using var model = tiny.Create(new ModelOptions());
        using var off = no_grad();
        var found = model.Logits(tensor(Array.ConvertAll(ids, static id => (long)id), [1, ids.Length])).ToArray<float>();
        var largest = expected.Max(Math.Abs);
        Assert.Equal(0, expected.Zip(found, static (one, other) => Math.Abs(one - other)).Max() / largest, 2e-5);
    }
}
