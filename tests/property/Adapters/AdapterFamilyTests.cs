using System.Text.Json.Nodes;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Models.Adapters;
using Ckpt.Models.Bridge;
using Ckpt.Models.Configs;
using Ckpt.PropertyTests.Sharding;
using Ckpt.Sharding.Layouts;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Plans;
using Xunit;

namespace Ckpt.PropertyTests.Adapters;

/// <summary>An adapter of every matrix of a model of every family: it must do the same whichever names the base has and whichever format it is in.</summary>
public sealed class AdapterFamilyTests
{
    const int Rank = 2;

    // Whose order gated attention is in, names do not tell, and there are no arguments here that would.
    static readonly AdapterMergeOptions s_options = new() { Choices = new Dictionary<string, string> { ["dialect"] = "mcore-bridge" } };

    public static IEnumerable<object[]> Models =>
        Directory.EnumerateDirectories(AdapterCases.HfRoot).Order(StringComparer.Ordinal).Where(static folder => File.Exists(Path.Combine(folder, "config.json")) && !folder.EndsWith("tied", StringComparison.Ordinal)).Select(static folder => new object[] { Path.GetFileName(folder) });

    [Theory, MemberData(nameof(Models))]
    [Clause("ADP-2.2"), Clause("ADP-4.6"), Clause("ADP-5.5")]
    public void MergingConvertingAndCarryingOverCommuteBitForBit(string model)
    {
        using var folder = new TemporaryFolder();
        var config = AdapterCases.Config(model);
        var map = BridgeCompiler.Compile(config.Family, config.Model, new BridgeOptions { HfHas = static _ => false });
        using var hf = Base(map.Left);
        var path = Adapter(map, config).Write(folder);
        using var adapter = PeftAdapter.Open(path);
        using var merged = AdapterMerge.Plan(hf, [adapter], config);
        Assert.NotEmpty(merged.Changed);

        using var megatron = Converted(folder, "megatron", hf, map);
        using var expected = Converted(folder, "expected", merged.Checkpoint, map);
        using var there = AdapterMerge.Plan(megatron, [adapter], config, s_options);
        Same(expected, there.Checkpoint, there.Changed);

        using var carried = McoreAdapter.Open(McoreVectorTests.Write(folder, "mcore", McoreExport.Plan(PeftAdapter.Open(path), config, new McoreExportOptions { Sizes = new ParallelSizes { Tensor = 2 } })));
        using var again = AdapterMerge.Plan(megatron, [carried], config, s_options);
        Same(expected, again.Checkpoint, there.Changed);
        using var back = AdapterMerge.Plan(hf, [carried], config);
        Same(merged.Checkpoint, back.Checkpoint, merged.Changed);
    }

    static void Same(ICheckpointReader expected, ICheckpointReader found, IEnumerable<string> names) =>
        Faults.None(names.Where(name => AdapterCases.Hash(expected, name) != AdapterCases.Hash(found, name)));

    static MemoryCheckpoint Converted(TemporaryFolder folder, string name, ICheckpointReader source, TensorMap map)
    {
        var layout = Copying.Framed(TargetMaker.Make(source.Tensors, map, null, cutLeadingAxes: false));
        return Copying.Open(Copying.Run(folder, name, CopyPlanner.Plan(source.Tensors, map, layout), source, 1 << 16), layout);
    }

    static MemoryCheckpoint Base(MapSide side)
    {
        var random = new Random(20261122);
        var made = new MemoryCheckpoint();
        foreach (var tensor in side.Tensors)
        {
            var bytes = new byte[tensor.StoredShape.Count * 2];
            random.NextBytes(bytes);
            for (var i = 1; i < bytes.Length; i += 2) { bytes[i] = (byte)(0x3C | (bytes[i] & 0x81)); } // of moderate size
            made.Add(tensor.Name, DType.BF16, tensor.StoredShape, bytes);
        }
        return made;
    }

    static MadeAdapter Adapter(TensorMap map, HfConfig config)
    {
        var random = new Random(7);
        var made = new MadeAdapter();
        var (modules, parameters) = (new JsonArray(), new JsonArray());
        foreach (var (tensor, index) in map.Left.Tensors.Select(static (tensor, index) => (tensor, index)))
        {
            var shape = tensor.StoredShape;
            // The gate of shared experts is a bare parameter in Megatron, which no adapter can be of.
            if (map.Links.Any(link => link.Left == index && !map.Right.Tensors[link.Right].Name.EndsWith(".weight", StringComparison.Ordinal))) { continue; }
            if (tensor.Name.EndsWith(".weight", StringComparison.Ordinal) && shape.Rank == 2 && tensor.Name != config.Family.HfEmbedding && tensor.Name != config.Family.HfHead)
            {
                var module = tensor.Name[..^".weight".Length];
                modules.Add((JsonNode)module);
                Add($"base_model.model.{module}", shape[0], shape[1], 1);
            }
            else if (shape.Rank == 3 && tensor.Name.EndsWith("_proj", StringComparison.Ordinal))
            {
                parameters.Add((JsonNode)tensor.Name);
                var transposed = map.Links.Any(link => link.Left == index && link.Axes is not null);
                // The first declared lies innermost.
                var inner = tensor.Name.EndsWith("gate_up_proj", StringComparison.Ordinal) ? ".base_layer" : "";
                Add($"base_model.model.{tensor.Name[..tensor.Name.LastIndexOf('.')]}{inner}", shape[transposed ? 2 : 1], shape[transposed ? 1 : 2], shape[0]);
            }
        }
        made.Config["peft_version"] = "0.19.0";
        made.Config["target_modules"] = modules;
        made.Config["target_parameters"] = parameters;
        return made;

        void Add(string key, long rows, long columns, long experts)
        {
            made.Add(key + ".lora_A.weight", new Shape(Rank * experts, columns), _ => (float)(random.NextDouble() - 0.5));
            made.Add(key + ".lora_B.weight", new Shape(rows, Rank * experts), _ => (float)(random.NextDouble() - 0.5));
        }
    }
}
