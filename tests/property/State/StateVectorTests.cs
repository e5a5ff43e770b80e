using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.TorchDist;
using Ckpt.Kit;
using Ckpt.Models.Megatron.Optimizer;
using Ckpt.Models.Megatron.State;
using Ckpt.Sharding.Running;
using Xunit;

namespace Ckpt.PropertyTests.State;

/// <summary>Optimizer states that real Megatron-core wrote, two ways for one run: both become the same tensors.</summary>
public sealed class StateVectorTests
{
    // Hashes of whole tensors of core 0.12's fully_sharded_model_space at TP 1, where a flattened tensor has the bytes of the tensor itself.
    static readonly Dictionary<string, string> s_hashes =
        JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(Repository.Vector("state", "llama-tp1.json")))!;

    [Fact, Clause("STA-1.1"), Clause("STA-3.2"), Clause("STA-3.3"), Clause("STA-3.4")]
    public void GradBuffersOfARealRunAreTakenApart()
    {
        using var source = TorchDistReader.Open(Repository.Vector("torch_dist", "llama-tp1pp1dp2-optim-dp_reshardable"));
        var plan = MegatronState.Plan(source, new StateOptions());
        Assert.Equal((OptimizerForm.DpReshardable, 27), (plan.Found, plan.Tensors.Count));
        Assert.Equal(36, plan.Reader.Tensors.Count);
        var compared = 0;
        foreach (var tensor in plan.Reader.Tensors)
        {
            // The two runs drew other gradients for these, which their model tensors show.
            if (tensor.Name.EndsWith("layer_norm_weight", StringComparison.Ordinal)) { continue; }
            Assert.Equal(s_hashes[tensor.Name.Replace("state.param.", "state.fp32_param.", StringComparison.Ordinal)], Hash(plan.Reader, tensor));
            compared++;
        }
        Assert.Equal(28, compared);
        var check = MasterWeightCheck.Run(plan.Reader, new RunOptions(), new NoProgress(), CancellationToken.None);
        Assert.Equal((9, 0, 0), (check.Tensors, check.Differences.Count, check.Unchecked.Count));
    }

    [Theory, Clause("STA-2.1"), Clause("STA-1.2")]
    [InlineData(OptimizerTarget.FullyReshardable, "param")]
    [InlineData(OptimizerTarget.NonDistributed, "fp32_param")]
    public void FlattenedTensorsOfARealRunGetTheirShapesBack(OptimizerTarget target, string master)
    {
        using var folder = new TemporaryFolder();
        var iteration = Directory.CreateDirectory(folder["iter_0000001"]).FullName;
        foreach (var file in Directory.EnumerateFiles(Repository.Vector("state", "model_space-core0.12")))
        {
            if (!file.EndsWith(".gz", StringComparison.Ordinal)) { File.Copy(file, Path.Combine(iteration, Path.GetFileName(file))); continue; }
            using var packed = new GZipStream(File.OpenRead(file), CompressionMode.Decompress);
            using var plain = File.Create(Path.Combine(iteration, Path.GetFileNameWithoutExtension(file)));
            packed.CopyTo(plain);
        }
        using var source = TorchDistReader.Open(iteration);
        var plan = MegatronState.Plan(source, new StateOptions { Optimizer = target });
        Assert.Equal((OptimizerForm.FullyShardedModelSpace, 27), (plan.Found, plan.Tensors.Count));
        var shapes = source.Tensors.Where(t => !t.Name.StartsWith("optimizer.", StringComparison.Ordinal)).ToDictionary(t => t.Name, t => t.Shape);
        // What is not in the excerpt is zeros there.
        string[] kept = ["linear_proj.weight", "final_layernorm.weight", "linear_qkv.layer_norm_weight"];
        var compared = 0;
        foreach (var tensor in plan.Reader.Tensors)
        {
            var parts = tensor.Name.Split('.', 4);
            if (parts[0] == "optimizer") { Assert.Equal(shapes[parts[3]], tensor.Shape); Assert.Contains(parts[2], (string[])[master, "exp_avg", "exp_avg_sq"]); }
            if (!Array.Exists(kept, end => tensor.Name.EndsWith(end, StringComparison.Ordinal))) { continue; }
            Assert.Equal(s_hashes[tensor.Name.Replace("state.param.", "state.fp32_param.", StringComparison.Ordinal)], Hash(plan.Reader, tensor));
            compared++;
        }
        Assert.Equal(12, compared);
    }

    static string Hash(ICheckpointReader reader, TensorInfo tensor) => Convert.ToHexStringLower(SHA256.HashData(TensorAssembler.ReadWhole(reader, tensor)));
}
