using System.Text;
using System.Text.Json.Nodes;
using Ckpt.Formats;
using Ckpt.Kit;
using Ckpt.Models.Megatron;
using Ckpt.Sharding.Layouts;
using Xunit;

namespace Ckpt.UnitTests.Models.Megatron;

public class SwiftArgsJsonTests
{
    [Fact, Clause("CFG-6.3")]
    public void BothErasAreRead()
    {
        var old = Read("""{"model": "Qwen/Qwen3-8B", "load": "Qwen3-8B-mcore", "train_type": "lora", "torch_dtype": "bfloat16", "ranks": [1], "lr": 1e-5}""");
        Assert.Equal(("Qwen/Qwen3-8B", "Qwen3-8B-mcore", "lora", "bfloat16"), (old.Model, old.McoreModel, old.TunerType, old.TorchDType));
        var now = Read("""{"mcore_model": "a", "load": "b", "tuner_type": "full", "model_type": "qwen3", "task_type": "causal_lm", "model": null}""");
        Assert.Equal(("a", "full", "qwen3", "causal_lm", null), (now.McoreModel, now.TunerType, now.ModelType, now.TaskType, now.Model));
    }

    [Fact, Clause("CFG-1.4")]
    public void AFieldOfAnotherTypeIsRefused() => Assert.Equal("CFG-1.4", Assert.Throws<MalformedCheckpointException>(() => Read("""{"model": 3}""")).Clause);

    [Fact, Clause("CFG-1.1")]
    public void WhatIsNotAnObjectIsRefused() => Assert.Equal("CFG-1.1", Assert.Throws<MalformedCheckpointException>(() => Read("[]")).Clause);

    [Fact]
    public void WhatIsWrittenIsReadBack()
    {
        var written = SwiftArgsJson.Write(TestModels.Read("qwen3-8b"), new MegatronArgsOptions { Model = "Qwen/Qwen3-8B", Sizes = new ParallelSizes { Tensor = 4 } });
        var read = SwiftArgsJson.Read(written, "args.json");
        Assert.Equal(("Qwen/Qwen3-8B", "bfloat16", "causal_lm", "full"), (read.Model, read.TorchDType, read.TaskType, read.TunerType));
        Assert.Equal(4, JsonNode.Parse(written)!["tensor_model_parallel_size"]!.GetValue<int>());
    }

    static SwiftArgs Read(string text) => SwiftArgsJson.Read(Encoding.UTF8.GetBytes(text), "args.json");
}
