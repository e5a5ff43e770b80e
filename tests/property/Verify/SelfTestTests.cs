using Ckpt.Kit;
using Ckpt.Models.Opening;
using Ckpt.Sharding.Running;
using Ckpt.Verify.Passes;
using Ckpt.Verify.SelfTesting;
using Xunit;

namespace Ckpt.PropertyTests.Verify;

/// <summary>Errors that converters have made, planted in models of many families.</summary>
public sealed class SelfTestTests
{
    [Theory, Clause("VER-5.1")]
    [InlineData("deepseek_v3-yarn", 11)]
    [InlineData("gpt_oss", 10)]
    [InlineData("mixtral", 12)]
    [InlineData("olmo2", 11)]
    [InlineData("phi3-longrope", 11)]
    [InlineData("qwen3_next", 12)]
    public void EveryErrorIsFoundNamedAndPlaced(string name, int planted)
    {
        using var model = ModelCheckpoint.Open(Repository.Vector("forward", name), new ModelOpenOptions());
        var pass = PassSide.Of(model);
        var results = SelfTest.Run(model, pass, [PassSample.Spread(pass.Model.Vocabulary)], new PassOptions(), new RunOptions(), new NoProgress(), CancellationToken.None);
        Assert.Equal(12, results.Count);
        Assert.Equal(planted, results.Count(static result => result.Place is not null));
        Assert.All(results.Where(static result => result.Place is not null), static result =>
        {
            Assert.False(result.Escaped);
            Assert.True(result is { Weights: > 0, Fingerprint: true, MeanDiff: > 0, IsPlaced: true }, $"{result}");
            Assert.Equal(result.ExpectedCause, result.Cause);
        });
        Assert.Equal(1, results.Single(static result => result.Error == "tensor never written").Doctor);
    }

    [Fact, Clause("VER-5.1")]
    public void WhatNothingFindsHasEscaped()
    {
        Assert.True(new SelfTestResult("an error", "somewhere").Escaped);
        Assert.False(new SelfTestResult("an error", null).Escaped);
        Assert.False(new SelfTestResult("an error", "somewhere") { Doctor = 1 }.Escaped);
        Assert.True(new SelfTestResult("an error", "somewhere") { MeanDiff = 0 }.Escaped);
    }
}
