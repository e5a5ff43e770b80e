using Ckpt.Inference;
using Ckpt.Inference.Generation;
using Ckpt.Inference.Weights;
using Ckpt.Kit;
using Ckpt.Models.Bridge;
using Ckpt.Models.Opening;
using Ckpt.Sharding;
using Ckpt.Sharding.Views;
using Xunit;

namespace Ckpt.PropertyTests.Inference;

/// <summary>What holds of a forward pass whatever the model.</summary>
public sealed class ForwardLaws
{
    [Theory]
    [InlineData("llama-tp2pp1", "llama")]
    [InlineData("qwen2-tp2pp2", "qwen2")]
    [InlineData("qwen3_moe-tp2ep2", "qwen3_moe")]
    [Clause("INF-1.3")]
    public void AMegatronCheckpointGivesTheLogitsOfTheHfFolderItWasMadeFrom(string megatron, string hf)
    {
        var folder = Repository.Vector("hf", hf);
        using var left = ModelCheckpoint.Open(folder, new ModelOpenOptions());
        using var right = ModelCheckpoint.Open(Repository.Vector("torch_dist", megatron), new ModelOpenOptions { Model = folder });
        using var seen = new MappedCheckpoint(right.Reader, right.ToHf(new BridgeOptions()));
        int[][] tokens = [[5, 17, 200, 3], [9]];
        Assert.Equal(Run(new CheckpointWeights(left.Reader)), Run(new CheckpointWeights(seen)));

        float[] Run(IWeightSource weights) =>
            ForwardPass.Run(Ckpt.Inference.Descriptions.ForwardModel.Of(left.Side.Config, weights), weights, tokens, new ForwardOptions()).Values;
    }

    [Theory]
    [InlineData("qwen3_moe")]
    [InlineData("qwen3_next")]
    [InlineData("deepseek_v3-yarn")]
    [InlineData("gpt_oss")]
    [Clause("INF-4.3")]
    public void ASequenceIsComputedAsIfItWereAlone(string name)
    {
        using var model = new ForwardCase(name);
        int[][] tokens = [model.Tokens[0][..5], model.Tokens[1], model.Tokens[0][..1]];
        var together = ForwardPass.Run(model.Model, model.Weights, tokens, new ForwardOptions());
        var row = 0;
        foreach (var sequence in tokens)
        {
            var alone = ForwardPass.Run(model.Model, model.Weights, [sequence], new ForwardOptions());
            for (var i = 0; i < sequence.Length; i++)
            {
                foreach (var (one, other) in alone[i].ToArray().Zip(together[row++].ToArray())) { Assert.Equal(one, other, 1e-5); }
            }
        }
    }

    [Fact]
    [Clause("INF-4.4")]
    public void LessMemoryGivesTheSameLogitsUntilItIsRefused()
    {
        using var model = new ForwardCase("gpt_oss");
        var all = ForwardPass.Run(model.Model, model.Weights, model.Tokens, new ForwardOptions());
        var refused = 0;
        for (var memory = 1L << 16; memory > 1 << 10; memory -= 1 << 10)
        {
            try
            {
                var some = ForwardPass.Run(model.Model, model.Weights, model.Tokens, new ForwardOptions { MaxMemory = memory, Threads = 1 });
                Assert.Equal(0, refused);
                foreach (var (one, other) in all.Values.Zip(some.Values)) { Assert.Equal(one, other, 1e-5); }
            }
            catch (BudgetException) { refused++; }
        }
        Assert.InRange(refused, 1, 62);
    }

    [Fact]
    [Clause("INF-4.5")]
    public void OnlyExpertsThatATokenGoesToAreRead()
    {
        using var model = new ForwardCase("qwen3_moe");
        var weights = new HiddenWeights(model.Weights, static (_, shape) => shape);
        ForwardPass.Run(model.Model, weights, [[7]], new ForwardOptions());
        foreach (var layer in new[] { "model.layers.0.", "model.layers.1." })
        {
            Assert.Equal(2, weights.ReadNames.Count(name => name.StartsWith(layer + "mlp.experts.", StringComparison.Ordinal) && name.EndsWith(".down_proj.weight", StringComparison.Ordinal)));
        }
    }

    [Fact]
    [Clause("INF-4.2")]
    public void APassThatStopsEarlierGivesHiddenStatesAndNoLogits()
    {
        using var model = new ForwardCase("qwen3");
        var seen = new List<int>();
        var logits = ForwardPass.Run(model.Model, model.Weights, model.Tokens, new ForwardOptions { StopAfterLayer = 1, OnHidden = (layer, _) => seen.Add(layer) });
        Assert.Equal([0, 1], seen);
        Assert.Equal(0, logits.Count);
    }

    [Fact]
    public void TokensThatTheModelDoesNotHaveAreTheCallersFault()
    {
        using var model = new ForwardCase("qwen3");
        foreach (var tokens in new int[][] { [-1], [model.Model.Vocabulary], [] })
        {
            Assert.Throws<ArgumentException>(() => ForwardPass.Run(model.Model, model.Weights, [tokens], new ForwardOptions()));
        }
    }

    [Fact]
    [Clause("INF-5.2")]
    public void TheSameSeedDrawsTheSameTokensWhateverRunsBeside()
    {
        using var model = new ForwardCase("qwen3_next");
        var options = new GenerationOptions { Temperature = 1.5f, TopK = 20, TopP = 0.9f, RepetitionPenalty = 1.1f, Seed = 3, MaxNewTokens = 12 };
        var alone = Generator.Generate(model.Model, model.Weights, [model.Tokens[0]], options)[0];
        Assert.Equal(alone, Generator.Generate(model.Model, model.Weights, [model.Tokens[0], [4, 5]], options)[0]);
        Assert.NotEqual(alone, Generator.Generate(model.Model, model.Weights, [model.Tokens[0]], options with { Seed = 4 })[0]);
    }

    [Theory]
    [InlineData("qwen3")]
    [InlineData("qwen3_next")]
    [InlineData("deepseek_v3-yarn")]
    [InlineData("gpt_oss")]
    [InlineData("llama4_text")]
    [Clause("INF-5.4")]
    public void WhatASessionKeepsChangesNothing(string name)
    {
        using var model = new ForwardCase(name);
        using var session = new GenerationSession(model.Model, model.Weights, new ForwardOptions());
        var options = new GenerationOptions { MaxNewTokens = 5 };
        int[] first = model.Tokens[0][..6];
        int[][] prompts = [first, [.. first, .. Generator.Generate(model.Model, model.Weights, [first], options)[0], 7, 8], model.Tokens[0][..9], model.Tokens[1], model.Tokens[1]];
        foreach (var prompt in prompts) { Assert.Equal(Generator.Generate(model.Model, model.Weights, [prompt], options)[0], session.Continue(prompt, options)); }
        var ended = new List<int>();
        for (var batch = 1; batch <= prompts.Length; batch++)
        {
            ended.Clear();
            var made = session.Generate(prompts, options with { MaxBatch = batch, Ends = static (index, _) => index == 1, OnFinished = (index, _) => ended.Add(index) });
            Assert.Equal([5, 1, 5, 5, 5], made.Select(static tokens => tokens.Length));
            Assert.All(Enumerable.Range(0, prompts.Length), index => Assert.Equal(Generator.Generate(model.Model, model.Weights, [prompts[index]], options)[0][..made[index].Length], made[index]));
            Assert.Equal(Enumerable.Range(0, prompts.Length), ended.Order());
        }
    }

    [Fact]
    [Clause("INF-5.3")]
    public void AStopTokenEndsItsSequenceAndIsItsLast()
    {
        using var model = new ForwardCase("qwen3");
        var told = new List<(int, int)>();
        var free = Generator.Generate(model.Model, model.Weights, model.Tokens, new GenerationOptions { MaxNewTokens = 8 });
        var stop = free[0][3];
        var made = Generator.Generate(model.Model, model.Weights, model.Tokens, new GenerationOptions { MaxNewTokens = 8, StopIds = [stop], OnToken = (sequence, token) => told.Add((sequence, token)) });
        Assert.Equal(free[0][..(Array.IndexOf(free[0], stop) + 1)], made[0]);
        Assert.Equal(made[0], told.Where(static each => each.Item1 == 0).Select(static each => each.Item2));
        Assert.True(made[1].Length == 8 || made[1][^1] == stop);
    }
}
