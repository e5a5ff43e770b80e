using Ckpt.Formats;
using Ckpt.Kit;
using Ckpt.Models.Adapters;
using Ckpt.Models.Bridge;
using Ckpt.PropertyTests.Sharding;
using Ckpt.Sharding.Layouts;
using Ckpt.Sharding.Plans;
using Xunit;

namespace Ckpt.PropertyTests.Adapters;

/// <summary>PEFT's adapters carried over to Megatron: what they do stays the same, and what cannot be carried over is said.</summary>
public sealed class AdapterConversionTests
{
    /// <summary>Cases that Megatron's adapters cannot hold, by the word in the refusal.</summary>
    static readonly Dictionary<string, string> s_refused = new(StringComparer.Ordinal)
    {
        ["dora"] = "use_dora",
        ["lora_bias"] = "biases",
        ["bias_all"] = "biases",
        ["bias_lora_only"] = "biases",
        ["embedding_lora"] = "embedding",
        ["save_embed_norm"] = "norm",
    };

    public static IEnumerable<object[]> Convertible => AdapterCases.Peft().Where(static row => IsConvertible((string)row[0]));

    public static IEnumerable<object[]> Refused => AdapterCases.Peft().Where(static row => !IsConvertible((string)row[0]));

    [Theory, MemberData(nameof(Convertible))]
    [Clause("ADP-4.3"), Clause("ADP-4.4"), Clause("ADP-4.6")]
    public void TheChangeOfEveryWeightStaysTheSame(string name)
    {
        using var folder = new TemporaryFolder();
        var model = name.Split('/')[0];
        var config = AdapterCases.Config(model);
        var path = Path.Combine(AdapterCases.PeftRoot, name);
        var mcore = McoreVectorTests.Write(folder, "mcore", McoreExport.Plan(PeftAdapter.Open(path), config, new McoreExportOptions { Sizes = new ParallelSizes { Tensor = 2 } }));
        McoreVectorTests.Export(folder, "back", McoreAdapter.Open(mcore), config).Dispose();
        using var before = PeftAdapter.Open(path);
        using var after = PeftAdapter.Open(folder["back"]);
        // Experts have other names on the way back: changes are compared where the model is one, in its files.
        var (expected, found) = (Changes(before, model), Changes(after, model));
        foreach (var (weight, change) in found)
        {
            var wanted = expected.TryGetValue(weight, out var there) ? there : new double[change.Length];
            var most = change.Zip(wanted, static (a, b) => Math.Abs(a - b)).Max();
            // A scale that is no power of two is folded into B, which rounds once to 24 bits.
            Assert.True(most <= 1e-7 * Math.Max(1e-3, wanted.Max(Math.Abs)), $"{weight}: {most}");
        }
        Assert.Empty(expected.Keys.Except(found.Keys));
    }

    [Theory, MemberData(nameof(Convertible))]
    [Clause("ADP-4.3"), Clause("ADP-5.5")]
    public void MergedFromMegatronItIsTheSameBitForBitUnlessAScaleWasFolded(string name)
    {
        using var folder = new TemporaryFolder();
        var model = name.Split('/')[0];
        var config = AdapterCases.Config(model);
        var path = Path.Combine(AdapterCases.PeftRoot, name);
        using var mcore = McoreAdapter.Open(McoreVectorTests.Write(folder, "mcore", McoreExport.Plan(PeftAdapter.Open(path), config)));
        using var peft = PeftAdapter.Open(path);
        using var expected = AdapterMerge.Plan(AdapterCases.Base(model), [peft], config);
        using var found = AdapterMerge.Plan(AdapterCases.Base(model), [mcore], config);
        var different = expected.Changed.Where(tensor => AdapterCases.Hash(expected.Checkpoint, tensor) != AdapterCases.Hash(found.Checkpoint, tensor));
        // rank_pattern gives down_proj alpha 8 over rank 3, a third of which is no power of two of 2.
        Faults.None(different.Where(tensor => !(name.EndsWith("patterns", StringComparison.Ordinal) && tensor.Contains("down_proj", StringComparison.Ordinal))));
    }

    [Theory, MemberData(nameof(Refused))]
    [Clause("ADP-4.5")]
    public void WhatMegatronCannotHoldIsRefusedWithAWayOut(string name)
    {
        using var adapter = PeftAdapter.Open(Path.Combine(AdapterCases.PeftRoot, name));
        var word = s_refused[name.Split('/')[1]];
        // A bias of a projection that has none in the base is no fault of Megatron's: there is nothing to carry over.
        if (!adapter.Reader.Tensors.Any(static tensor => tensor.Name.EndsWith("bias", StringComparison.Ordinal)) && word == "biases") { return; }
        var error = Assert.Throws<UnsupportedCheckpointException>(() => McoreExport.Plan(adapter, AdapterCases.Config(name.Split('/')[0])));
        Assert.Equal("ADP-4.5", error.Clause);
        Assert.Contains(word, error.Message, StringComparison.Ordinal);
        Assert.Contains("--merge_lora true", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("qwen3/regex", "qwen3-tp4pp1")]
    [InlineData("qwen2/patterns", "qwen2-tp2pp2")]
    [InlineData("qwen2/dora", "qwen2-tp2pp2")]
    [InlineData("qwen2/bias_all", "qwen2-tp2pp2")]
    [InlineData("qwen2/lora_bias", "qwen2-tp2pp2")]
    [InlineData("qwen3/embedding_lora", "qwen3-tp4pp1")]
    [InlineData("qwen3_moe/experts_param", "qwen3_moe-tp2ep2")]
    [Clause("ADP-5.5")]
    public void MergingAndConvertingCommuteBitForBit(string name, string checkpoint)
    {
        if (!Directory.Exists(Path.Combine(AdapterCases.PeftRoot, name))) { return; } // one of more cases named by CKPT_ADAPTERS
        using var folder = new TemporaryFolder();
        var model = name.Split('/')[0];
        var config = AdapterCases.Config(model);
        using var adapter = PeftAdapter.Open(Path.Combine(AdapterCases.PeftRoot, name));
        using var merged = AdapterMerge.Plan(AdapterCases.Base(model), [adapter], config);
        using var megatron = AdapterMerge.Plan(CheckpointOpener.Open(Repository.Vector("torch_dist", checkpoint)), [adapter], config);
        var shapes = megatron.Checkpoint.Tensors.ToDictionary(static tensor => tensor.Name, static tensor => tensor.Shape);
        var names = merged.Checkpoint.Tensors.Select(static tensor => tensor.Name).ToHashSet();
        var map = BridgeCompiler.Compile(config.Family, config.Model, MegatronNames.Options(config.Family, config.Model, shapes, "made") with { HfHas = names.Contains });
        var targets = TargetMaker.Make(merged.Checkpoint.Tensors, map, null, cutLeadingAxes: false);
        var layout = Copying.Framed(targets);
        using var converted = Copying.Open(Copying.Run(folder, "converted", CopyPlanner.Plan(merged.Checkpoint.Tensors, map, layout), merged.Checkpoint, 4096), layout);
        Assert.NotEmpty(megatron.Changed);
        Faults.None(megatron.Changed.Where(tensor => AdapterCases.Hash(converted, tensor) != AdapterCases.Hash(megatron.Checkpoint, tensor)));
    }

    /// <summary>scaling · B·A of every matrix in double precision, by tensor and expert of the base's files.</summary>
    static Dictionary<string, double[]> Changes(IAdapter adapter, string model)
    {
        using var files = AdapterCases.Base(model);
        var changes = new Dictionary<string, double[]>(StringComparer.Ordinal);
        foreach (var module in adapter.Resolve(AdapterModel.Of(files, AdapterCases.Config(model))).Modules)
        {
            var (a, b) = (module.A.Read(), module.B.Read());
            var (rank, columns) = (module.Rank, (int)module.A.Columns);
            var change = new double[b.Length / rank * columns];
            for (var i = 0; i < change.Length; i++)
            {
                for (var j = 0; j < rank; j++) { change[i] += (double)b[(i / columns * rank) + j] * a[(j * columns) + (i % columns)]; }
                change[i] *= module.Scaling;
            }
            if (module.Expert < 0) { changes.Add(module.Weight, change); continue; }
            var experts = module.Weight[..module.Weight.LastIndexOf('.')];
            if (module.Weight.EndsWith("gate_up_proj", StringComparison.Ordinal))
            {
                changes.Add($"{experts}.{module.Expert}.gate_proj.weight", change[..(change.Length / 2)]);
                changes.Add($"{experts}.{module.Expert}.up_proj.weight", change[(change.Length / 2)..]);
            }
            else { changes.Add($"{experts}.{module.Expert}.down_proj.weight", change); }
        }
        return changes;
    }

    static bool IsConvertible(string name) => !s_refused.ContainsKey(name.Split('/')[1]);
}
