using Ckpt.Formats;
using Ckpt.Formats.Safetensors;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.UnitTests.Formats.Safetensors;

public sealed class SafetensorsFolderTests
{
    [Theory, Clause("SFT-6.1"), Clause("SFT-6.2"), Clause("SFT-6.3")]
    [InlineData("model.safetensors.index.json model.safetensors adapter_model.safetensors", "model.safetensors.index.json")]
    [InlineData("model.safetensors adapter_model.safetensors.index.json", "model.safetensors")]
    [InlineData("adapter_model.safetensors.index.json adapter_model.safetensors", "adapter_model.safetensors.index.json")]
    [InlineData("adapter_model.safetensors x.safetensors", "adapter_model.safetensors")]
    [InlineData("model.fp16.safetensors.index.json x.safetensors", "model.fp16.safetensors.index.json")]
    [InlineData("x-00002-of-00002.safetensors x-00001-of-00002.safetensors pytorch_model.bin", "x-00001-of-00002.safetensors x-00002-of-00002.safetensors")]
    [InlineData("x-00001-of-00001.fp16.safetensors", "x-00001-of-00001.fp16.safetensors")]
    [InlineData("x.safetensors config.json", "x.safetensors")]
    public void TheFirstOfTheOrderIsChosen(string names, string chosen)
    {
        var choice = SafetensorsFolder.Choose(names.Split(' '), "folder");
        Assert.Equal(chosen.Split(' '), choice.Index is { } index ? [index] : choice.Files);
    }

    [Theory]
    [InlineData("x-00001-of-00002.safetensors", "SFT-6.5")]
    [InlineData("x-00000-of-00002.safetensors x-00001-of-00002.safetensors", "SFT-6.5")]
    [InlineData("x-00001-of-00000.safetensors", "SFT-6.5")]
    [InlineData("x-00001-of-00002.safetensors x-000001-of-00002.safetensors", "SFT-6.5")]
    [InlineData("x-00001-of-00002.safetensors y-00002-of-00002.safetensors", "SFT-6.4")]
    [InlineData("x-00001-of-00002.safetensors x-00002-of-00002.fp16.safetensors", "SFT-6.4")]
    [InlineData("PYTORCH_MODEL.BIN", "SFT-6.6")]
    [InlineData("README.md", "SFT-6.7")]
    public void AFolderWithoutAChoiceIsRefused(string names, string clause) =>
        Assert.Equal(clause, Assert.ThrowsAny<CheckpointException>(() => SafetensorsFolder.Choose(names.Split(' '), "folder")).Clause);

    [Fact, Clause("SFT-6.4")]
    public void TheCandidatesAreNamed() => Assert.Equal(
        "folder: several checkpoints could be meant, from 'a.safetensors', 'b.safetensors'; give the path of one [SFT-6.4]",
        Assert.Throws<MalformedCheckpointException>(() => SafetensorsFolder.Choose(["b.safetensors", "a.safetensors"], "folder")).Message);
}
