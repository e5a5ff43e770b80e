using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ckpt.Formats.Megatron;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Kit;
using Ckpt.Models.Bridge;
using Ckpt.Models.Megatron.Optimizer;
using Ckpt.Models.Megatron.State;
using Ckpt.Models.Opening;
using Ckpt.PropertyTests.Sharding;
using Ckpt.Sharding.Plans;
using Xunit;

namespace Ckpt.PropertyTests.Dcp;

/// <summary>Models of Megatron that torch itself saved from two processes, by the names Megatron gives: beside what torch put together.</summary>
public sealed class MegatronDcpTests
{
    [Theory, Clause("TDC-6.1"), Clause("TDC-6.9")]
    [InlineData("fsdp_optim", "fsdp_dtensor")]
    [InlineData("torch_dcp", "torch_dcp")]
    public void TensorsAreThoseOfMegatronsOwnCheckpoints(string name, string format)
    {
        using var expected = JsonDocument.Parse(File.ReadAllBytes(Repository.Vector("dcp", name, "expected.json")));
        using var reader = ModelFormats.Open(Repository.Vector("dcp", name, "iter_0000007"));
        Assert.Equal(format, reader.Format);
        var wanted = expected.RootElement.GetProperty("tensors").EnumerateObject().ToDictionary(t => t.Name, t => t.Value);
        Assert.Equal(wanted.Keys.Order(StringComparer.Ordinal), reader.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal));
        foreach (var tensor in reader.Tensors)
        {
            Assert.Equal(wanted[tensor.Name].GetProperty("dtype").GetString(), tensor.DType.TorchName());
            Assert.Equal(wanted[tensor.Name].GetProperty("shape").EnumerateArray().Select(d => d.GetInt64()), tensor.Shape.ToArray());
            Assert.Equal(wanted[tensor.Name].GetProperty("sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(TensorAssembler.ReadWhole(reader, tensor))));
        }
    }

    [Theory, Clause("TDC-6.7"), Clause("TDC-6.8")]
    [InlineData("fsdp_optim")]
    [InlineData("torch_dcp")]
    public void TheRestIsACommonState(string name)
    {
        using var reader = (IMegatronReader)ModelFormats.Open(Repository.Vector("dcp", name, "iter_0000007"));
        Assert.Equal(7, reader.Iteration);
        var common = PickleJson.Say(reader.Common!)!;
        Assert.Equal(3.0, common["checkpoint_version"]!.GetValue<double>());
        Assert.Equal(7, common["iteration"]!.GetValue<long>());
        Assert.Equal(0.001, common["opt_param_scheduler"]!["max_lr"]!.GetValue<double>());
        var args = (PickleObject)reader.Common!.Find("args")!;
        Assert.Equal(6, (int)((PickleInt)args.Attributes!.Find("hidden_size")!).Value);
        Assert.DoesNotContain(reader.Common.Items, item => item.Key is PickleString { Value: "model" or "rng_state" or "rerun_state_machine" });

        var generator = Assert.Single(reader.Objects);
        Assert.Equal("rng_state/shard_0.0_1.1", generator.Name);
        var state = Assert.IsType<PickleDict>(Assert.Single(Assert.IsType<PickleList>(reader.ReadObject(generator.Name)).Items));
        var file = reader.OpenObject(generator.Name);
        var bytes = Enumerable.Range(0, 16).Select(i => (byte)i);
        Assert.Equal(bytes, file.ReadStorages()[int.Parse(file.Tensor(state.Find("torch_rng_state")!).StorageKey, System.Globalization.CultureInfo.InvariantCulture)].ToArray());
    }

    [Fact, Clause("TDC-6.8")]
    public void GroupsByParameterBecomeGroups()
    {
        using var reader = (IMegatronReader)ModelFormats.Open(Repository.Vector("dcp", "fsdp_optim", "iter_0000007"));
        var groups = PickleJson.Say(((PickleDict)reader.Common!.Find("optimizer")!).Find("param_groups")!)!.AsArray();
        // Weights, a norm, experts; the step is that of their parameters.
        Assert.Equal([(1.0, false, 7L), (0.0, false, 7L), (1.0, true, 7L)], groups.Select(group =>
            (group!["wd_mult"]!.GetValue<double>(), group["is_expert_parallel"]!.GetValue<bool>(), group["step"]!.GetValue<long>())));
    }

    [Theory, Clause("TDC-6.1")]
    [InlineData("fsdp_optim", OptimizerForm.NonDistributed)]
    [InlineData("torch_dcp", OptimizerForm.FullyReshardable)]
    public void TrainingStateIsCarriedLikeAnyOther(string name, OptimizerForm form)
    {
        using var reader = (IMegatronReader)ModelFormats.Open(Repository.Vector("dcp", name, "iter_0000007"));
        var plan = MegatronState.Plan(reader, new StateOptions());
        Assert.Equal((form, 21), (plan.Found, plan.Tensors.Count));
        Assert.DoesNotContain(plan.Notes, note => note.Contains("step", StringComparison.Ordinal));
        Assert.Equal("rng_state/shard_0.0_1.1", Assert.Single(plan.Objects).Name);
    }

    [Fact, Clause("TDC-6.1")]
    public void AShardedModelIsExportedAsTheFilesItWasMadeOf()
    {
        using var folder = new TemporaryFolder();
        var config = JsonNode.Parse(File.ReadAllBytes(Repository.Vector("hf", "qwen3_moe", "config.json")))!;
        (config["num_hidden_layers"], config["num_experts"]) = (2, 2);
        if (config["num_local_experts"] is not null) { config["num_local_experts"] = 2; }
        config.AsObject().Remove("layer_types");
        File.WriteAllText(folder["config.json"], config.ToJsonString());
        using var model = ModelCheckpoint.Open(Repository.Vector("dcp", "fsdp_dtensor", "iter_0000005"), new ModelOpenOptions { HfConfig = folder["config.json"] });
        var map = model.ToHf(new BridgeOptions());
        var layout = Copying.Framed(TargetMaker.Make(model.Reader.Tensors, map, null, cutLeadingAxes: false));
        var made = Copying.Open(Copying.Run(folder, "hf", CopyPlanner.Plan(model.Reader.Tensors, map, layout), model.Reader, 4096), layout);

        using var original = ModelFormats.Open(Repository.Vector("hf", "qwen3_moe"));
        var originals = original.Tensors.ToDictionary(t => t.Name, StringComparer.Ordinal);
        Assert.Equal(3 + (2 * (8 + 1 + (2 * 3))), made.Tensors.Count);
        foreach (var tensor in made.Tensors)
        {
            // Routers are sliced: their first rows are those of the experts taken.
            var whole = TensorAssembler.ReadWhole(original, originals[tensor.Name]);
            Assert.True(TensorAssembler.ReadWhole(made, tensor).AsSpan().SequenceEqual(whole.AsSpan(0, (int)tensor.ByteLength)), tensor.Name);
        }
    }
}
