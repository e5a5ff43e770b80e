using Ckpt.Cli.Looking;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Kit;
using Ckpt.Models.Megatron;
using Ckpt.Models.Opening;
using Xunit;

namespace Ckpt.UnitTests.Cli;

/// <summary>What checkpoints made by the real systems are said to be.</summary>
public class ModelRecordTests
{
    [Theory, Clause("CLI-7.3")]
    [InlineData("hf/qwen3_moe", null, "qwen3_moe", "experts: per expert", "")]
    [InlineData("hf/gpt_oss", null, "gpt_oss", "", "")]
    [InlineData("torch_dist/qwen3_moe-tp2ep2", "Megatron-SWIFT", "qwen3_moe", "moe norm: separate", "TP 2 PP 1 EP 2 ETP 1 CP 1")]
    [InlineData("legacy_torch/qwen3-tp2pp2", "Megatron-SWIFT", "qwen3", "", "TP 2 PP 2 VPP 1 EP 1 ETP 1")]
    public void AModelIsSaidToBeWhatItIs(string vector, string? producer, string family, string naming, string layout)
    {
        var record = Of(vector);
        Assert.Null(record.Unknown);
        Assert.Equal((producer, family, DType.BF16), (record.Producer?.Name, record.Family, record.DType));
        Assert.Equal(naming, string.Join(", ", record.Choices.Select(static choice => $"{choice.Key}: {choice.Value}")));
        Assert.Equal(layout, string.Join(' ', record.Layout.Select(static size => $"{size.Name} {size.Size}")));
        Assert.Empty(record.Faults!);
        Assert.Contains("complete  every tensor of the model is there, and no other", record.Lines());
        Assert.True(record.Json["complete"]!.GetValue<bool>());
    }

    [Theory, Clause("CLI-7.3")]
    [InlineData("peft/mcore/qwen3-lora-tp2", "Megatron", 4, null)] // stacked over layers: a pair a kind of module
    [InlineData("peft/accept/qwen3/subset_layers", "PEFT", 4, "qwen3")]
    public void AnAdapterIsSaidToBeOne(string vector, string format, int modules, string? model)
    {
        var adapter = Of(vector).Adapter!;
        Assert.Equal((format, modules, false, model), (adapter.Format, adapter.Modules, adapter.HasBase, adapter.Base));
        Assert.Equal(4, Assert.Single(adapter.Ranks));
        Assert.Null(Of(vector).Family);
    }

    [Theory, Clause("CLI-7.3")]
    [InlineData("noop_layers", "MindSpeed-LLM")]
    [InlineData("lora_fusion", "MindSpeed-LLM")]
    [InlineData("tuner_type", "Megatron-SWIFT")]
    [InlineData("rampup_batch_size", "Megatron-LM")]
    [InlineData("hidden_size", null)]
    public void TheProducerIsToldByArgumentsThatOnlyItHas(string argument, string? producer)
    {
        var args = new PickleDict().Add("use_mcore_models", PickleNone.Instance).Add(argument, new PickleBool(true));
        Assert.Equal(producer, MegatronProducer.Of("memory", new MemoryMegatron { Common = new PickleDict().Add("args", args) })?.Name);
    }

    [Fact, Clause("CLI-7.3")]
    public void WhatLacksIsNamedAndSoIsWhatIsTooMuch()
    {
        using var model = ModelFormats.Open(Repository.Vector("hf", "qwen3"));
        var tensors = model.Tensors.Where(static tensor => tensor.Name != "model.layers.2.mlp.up_proj.weight").Append(model.Tensors[0] with { Name = "model.layers.2.mlp.other.weight" }).ToArray();
        var record = ModelRecord.Of(new FakeCheckpoint("safetensors", model.Path, model.Files, tensors, []), model.Path, new ModelOpenOptions());
        Assert.Equal(2, record.Faults!.Count);
        Assert.Contains("model.layers.2.mlp.up_proj.weight is missing", record.Faults[0], StringComparison.Ordinal);
        Assert.Contains("model.layers.2.mlp.other.weight", record.Faults[1], StringComparison.Ordinal);
        Assert.False(record.Json["complete"]!.GetValue<bool>());
        Assert.Equal(2, record.Lines().Count(static line => line.StartsWith("fault ", StringComparison.Ordinal)));
    }

    [Fact, Clause("CLI-7.3")]
    public void WhatCannotBeToldIsSaidWithItsReason()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["m"]);
        File.WriteAllText(folder["m/config.json"], """{"model_type": "gpt17"}""");
        var record = ModelRecord.Of(new FakeCheckpoint("safetensors", folder["m"], [], [], []), folder["m"], new ModelOpenOptions());
        Assert.Contains("gpt17", record.Unknown, StringComparison.Ordinal);
        Assert.Null(record.Faults);
        Assert.StartsWith("unknown   ", Assert.Single(record.Lines()), StringComparison.Ordinal);
    }

    static ModelRecord Of(string vector)
    {
        using var reader = ModelFormats.Open(Repository.Vector(vector.Split('/')));
        return ModelRecord.Of(reader, reader.Path, new ModelOpenOptions());
    }
}
