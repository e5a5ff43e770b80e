using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Models.Bridge;
using Xunit;

namespace Ckpt.UnitTests.Models.Bridge;

public class MegatronNamesTests
{
    [Fact, Clause("NAM-6.1")]
    public void LayersNamedBothWaysAreRefused()
    {
        var error = Assert.Throws<MalformedCheckpointException>(() => Options("decoder.layers.mlp.linear_fc2.weight", "decoder.layers.3.mlp.linear_fc2.weight"));
        Assert.Equal("NAM-6.1", error.Clause);
        Assert.Contains("decoder.layers.3.mlp.linear_fc2.weight holds one", error.Message, StringComparison.Ordinal);
    }

    [Theory, Clause("NAM-6.1")]
    [InlineData("decoder.layers.mlp.linear_fc2.weight", KeyForm.Stacked)]
    [InlineData("decoder.layers.0.mlp.linear_fc2.weight", KeyForm.PerLayer)]
    [InlineData("decoder.layers.", KeyForm.Automatic)]
    [InlineData("optimizer.state.exp_avg.decoder.layers.mlp.linear_fc2.weight", KeyForm.Automatic)]
    public void TheWayLayersAreNamedIsTold(string name, KeyForm form) => Assert.Equal(form, Options(name).KeyForm);

    [Fact, Clause("NAM-6.2")]
    public void AnEmbeddingShorterThanTheVocabularyIsRefused()
    {
        var error = Assert.Throws<MalformedCheckpointException>(() => Options(("embedding.word_embeddings.weight", new Shape(258, 64))));
        Assert.Equal("NAM-6.2", error.Clause);
        Assert.Contains("has 258 rows, the config's vocab_size is 259", error.Message, StringComparison.Ordinal);
    }

    [Theory, Clause("NAM-6.2")]
    [InlineData("")]
    [InlineData("model.")]
    [InlineData("language_model.")]
    public void WhatNamesBeginWithAndHowFarTheVocabularyIsPaddedAreTold(string prefix)
    {
        var options = Options((prefix + "embedding.word_embeddings.weight", new Shape(384, 64)), ("optimizer.state.exp_avg.embedding.word_embeddings.weight", new Shape(1, 64)));
        Assert.Equal(384, options.PaddedVocab);
        var map = TestModels.Map("tiny-llama", options);
        Assert.All(map.Right.Tensors, tensor => Assert.StartsWith(prefix, tensor.Name, StringComparison.Ordinal));
        Assert.Equal(384, map.Right.Tensors[0].Shape[0]);
    }

    static BridgeOptions Options(params string[] names) => Options([.. names.Select(name => (name, new Shape(1)))]);

    static BridgeOptions Options(params (string Name, Shape Shape)[] tensors)
    {
        var config = TestModels.Read("tiny-llama");
        return MegatronNames.Options(config.Family, config.Model, tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Shape), "checkpoint");
    }
}
