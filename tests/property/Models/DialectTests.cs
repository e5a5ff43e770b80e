using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Kit;
using Ckpt.Models.Bridge;
using Ckpt.Models.Families;
using Ckpt.Models.Megatron;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Views;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.Models;

/// <summary>Gated attention and delta nets, whose numbers Megatron checkpoints order by producer: the references' formulas written out, and who is told from whom.</summary>
public class DialectTests
{
    const int Hidden = 3, Heads = 2, Groups = 1, Dim = 2, KeyHeads = 2, ValueHeads = 4, KeyDim = 2, ValueDim = 3, Kernel = 4;

    static readonly Gen<ModelCase> s_cases = ModelCases.Of([.. FamilyCatalog.All.Where(family => family.Config.HasDeltaNets)]);

    [Theory, Clause("NAM-12.1")]
    [InlineData("mcore-bridge")]
    [InlineData("native")]
    public void TheGatesAreWhereTheDialectHasThem(string dialect)
    {
        var (hf, megatron) = Run("qwen3_next", dialect);
        var (q, k, v) = (hf["model.layers.1.self_attn.q_proj.weight"], hf["model.layers.1.self_attn.k_proj.weight"], hf["model.layers.1.self_attn.v_proj.weight"]);
        var heads = q.Chunk(2 * Dim * Hidden).Select(head => (Query: head[..(Dim * Hidden)], Gate: head[(Dim * Hidden)..])).ToArray();
        var expected = new List<int>();
        for (var group = 0; group < Groups; group++)
        {
            var own = heads[(group * Heads / Groups)..((group + 1) * Heads / Groups)];
            // [q1|g1|q2|g2|k|v] or [q1|q2|g1|g2|k|v].
            if (dialect == "mcore-bridge") { expected.AddRange(own.SelectMany(head => head.Query.Concat(head.Gate))); }
            else { expected.AddRange([.. own.SelectMany(head => head.Query), .. own.SelectMany(head => head.Gate)]); }
            expected.AddRange([.. k[(group * Dim * Hidden)..((group + 1) * Dim * Hidden)], .. v[(group * Dim * Hidden)..((group + 1) * Dim * Hidden)]]);
        }
        Assert.Equal(expected, megatron["decoder.layers.1.self_attention.linear_qkv.weight"]);
    }

    [Fact, Clause("NAM-12.1")]
    public void MindSpeedKeepsTheProjections()
    {
        var (hf, megatron) = Run("qwen3_next", "mindspeed");
        Assert.Equal(hf["model.layers.1.self_attn.q_proj.weight"], megatron["decoder.layers.1.self_attention.q_proj.weight"]);
        Assert.Equal(hf["model.layers.0.linear_attn.in_proj_ba.weight"], megatron["decoder.layers.0.self_attention.in_proj_ba.weight"]);
    }

    /// <summary>Qwen3.5's files have all queries, then all keys, all values, and z, b and a apart; Qwen3-Next's have them key head by key head.</summary>
    [Theory, Clause("NAM-12.5")]
    [InlineData("qwen3_next")]
    [InlineData("qwen3_5_text")]
    public void TheJoinedProjectionGoesKeyHeadByKeyHead(string family)
    {
        var (hf, megatron) = Run(family, "mcore-bridge", "joined");
        var parts = ByPart(family, hf);
        Assert.Equal(Enumerable.Range(0, KeyHeads).SelectMany(head => parts.SelectMany(part => Share(part, head))), megatron["decoder.layers.0.self_attention.in_proj.weight"]);
        var convolution = Convolution(hf);
        Assert.Equal(Enumerable.Range(0, KeyHeads).SelectMany(head => convolution.SelectMany(part => Share(part, head))), megatron["decoder.layers.0.self_attention.conv1d.weight"]);
    }

    [Theory, Clause("NAM-12.5")]
    [InlineData("qwen3_next")]
    [InlineData("qwen3_5_text")]
    public void DecoupledStrengthsAndDecaysAreApart(string family)
    {
        var (hf, megatron) = Run(family, "mcore-bridge", "decoupled");
        var parts = ByPart(family, hf);
        Assert.Equal(Enumerable.Range(0, KeyHeads).SelectMany(head => parts[..4].SelectMany(part => Share(part, head))), megatron["decoder.layers.0.self_attention.in_proj_qkvz.weight"]);
        Assert.Equal(Enumerable.Range(0, KeyHeads).SelectMany(head => parts[4..].SelectMany(part => Share(part, head))), megatron["decoder.layers.0.self_attention.in_proj_ba.weight"]);
    }

    [Theory, Clause("NAM-12.5")]
    [InlineData("qwen3_next")]
    [InlineData("qwen3_5_text")]
    public void MegatronCoreHasEveryPartApart(string family)
    {
        var (hf, megatron) = Run(family, "native", "parts");
        var parts = ByPart(family, hf);
        foreach (var (index, name) in new[] { "query", "key", "value", "z", "beta", "alpha" }.Index()) { Assert.Equal(parts[index], megatron["decoder.layers.0.self_attention.in_proj.weight." + name]); }
        foreach (var (index, name) in new[] { "query", "key", "value" }.Index()) { Assert.Equal(Convolution(hf)[index], megatron["decoder.layers.0.self_attention.conv1d.weight." + name]); }
        Assert.Equal(parts.SelectMany(part => part), Run(family, "native", "sections").Megatron["decoder.layers.0.self_attention.in_proj.weight"]);
    }

    [Theory, Clause("NAM-12.5")]
    [InlineData("qwen3_next", "in_proj_qkvz.weight")]
    [InlineData("qwen3_5_text", "in_proj_qkv.weight")]
    [InlineData("qwen3_5_text", "conv1d.weight")]
    [InlineData("qwen3_5_text", "norm.weight")]
    public void TheModuleKeptWholeIsAsItIs(string family, string name)
    {
        var (hf, megatron) = Run(family, "mcore-bridge", "module");
        Assert.Equal(hf["model.layers.0.linear_attn." + name], megatron["decoder.layers.0.self_attention." + name]);
    }

    /// <summary>The two dialects share names and shapes; each is reversible, and where there is more than one head they are not the same map.</summary>
    [Fact, Clause("NAM-12.1")]
    public void DialectsDifferAndEachComesBack() => Law.Holds(s_cases, c =>
    {
        var (bridge, native) = (With(c, "mcore-bridge", "joined"), With(c, "native", "sections"));
        var hf = Elements.Numbered(bridge.Left);
        var (there, other) = (Elements.Apply(bridge, hf), Elements.Apply(native, hf));
        var sameBack = Elements.Apply(bridge.Reverse(), there).All(tensor => tensor.Value.SequenceEqual(hf[tensor.Key]))
            && Elements.Apply(native.Reverse(), other).All(tensor => tensor.Value.SequenceEqual(hf[tensor.Key]));
        var gated = Enumerable.Range(0, c.Config.Layers).Any(layer => !c.Config.IsLinearLayer(layer)) && c.Config.Heads > c.Config.KvGroups;
        var linear = c.Config.DeltaNet!.Layers.Count > 0 && c.Config.DeltaNet.KeyHeads > 1;
        return sameBack && bridge.Right.Tensors.Select(Named).SequenceEqual(native.Right.Tensors.Select(Named))
            && (!(gated || linear) || there.Any(tensor => !tensor.Value.SequenceEqual(other[tensor.Key])));
    });

    [Theory, Clause("NAM-12.2")]
    [InlineData("hf_model_type", false, "mcore-bridge")]
    [InlineData("mcore_model_type", false, "mcore-bridge")]
    [InlineData("use_legacy_models", false, "native")]
    [InlineData("use_legacy_models", true, "mcore-bridge")]
    [InlineData("num_layers", true, "mcore-bridge")]
    [InlineData("num_layers", false, null)]
    public void TheProducerIsToldFromItsArguments(string attribute, bool hasSwiftArgs, string? dialect) =>
        Assert.Equal(dialect, MegatronDialect.Of(new PickleDict().Add("args", new PickleDict().Add(attribute, new PickleInt(1))), hasSwiftArgs, "checkpoint"));

    [Theory, Clause("NAM-12.2")]
    [InlineData("native")]
    [InlineData("mcore-bridge")]
    public void WhatWeWroteIsNoted(string dialect)
    {
        var config = ConfigVectorTests.Read("tiny-qwen3_next");
        var common = MegatronCommonState.Build(config, new MegatronArgsOptions { Dialect = dialect });
        Assert.Equal(dialect, MegatronDialect.Of(common, false, "checkpoint"));
        Assert.Null(MegatronDialect.Of(null, false, "checkpoint"));
    }

    [Fact, Clause("NAM-12.3")]
    public void WhatNothingTellsIsAskedForAndNotGuessed()
    {
        var map = Compile("qwen3_next", new BridgeOptions { Choices = new Dictionary<string, string> { ["dialect"] = "native", ["delta net"] = "sections" } });
        var error = Assert.Throws<UnsupportedCheckpointException>(() => Compile("qwen3_next", Read(map)));
        Assert.Equal("NAM-12.3", error.Clause);
        Assert.Contains("--dialect mcore-bridge|native", error.Message, StringComparison.Ordinal);
        Assert.Equal(map.Links, Compile("qwen3_next", Read(map, "native")).Links);
    }

    /// <summary>Forms that only one producer has tell it.</summary>
    [Theory, Clause("NAM-12.3")]
    [InlineData("mcore-bridge", "module")]
    [InlineData("mcore-bridge", "decoupled")]
    [InlineData("native", "parts")]
    [InlineData("mindspeed", "module")]
    public void AFormThatOneProducerHasTellsIt(string dialect, string form)
    {
        var map = Compile("qwen3_next", new BridgeOptions { Choices = new Dictionary<string, string> { ["dialect"] = dialect, ["delta net"] = form } });
        Assert.Equal(map.Links, Compile("qwen3_next", Read(map)).Links);
    }

    [Theory, Clause("NAM-12.4")]
    [InlineData("mcore-bridge", "parts")]
    [InlineData("native", "module")]
    [InlineData("native", "decoupled")]
    public void AFormOfAnotherProducerIsRefused(string dialect, string form)
    {
        var whose = form == "parts" ? "native" : "mcore-bridge";
        var map = Compile("qwen3_next", new BridgeOptions { Choices = new Dictionary<string, string> { ["dialect"] = whose, ["delta net"] = form } });
        var error = Assert.Throws<UnsupportedCheckpointException>(() => Compile("qwen3_next", Read(map, dialect)));
        Assert.Equal("NAM-12.4", error.Clause);
        Assert.Contains($"not with {dialect}", error.Message, StringComparison.Ordinal);
    }

    /// <summary>bfloat16 norms through Megatron-core's zero-centred ones and back.</summary>
    [Fact, Clause("NAM-12.6")]
    public void AZeroCentredNormHoldsOneLessAndComesBackExactly()
    {
        var map = Compile("qwen3_next", new BridgeOptions { Choices = new Dictionary<string, string> { ["dialect"] = "native" } });
        var added = map.Right.Tensors.Single(tensor => tensor.Added != 0);
        Assert.Equal(("decoder.layers.0.self_attention.out_norm.weight", -1d, HeldAs.Single), (added.Name, added.Added, added.HeldAs));
        ushort[] norms = [0x3F80, 0x3F00, 0xBF80, 0x0000, 0x3801, 0x4049, 0x3EAB, 0x7F7F];
        var memory = new MemoryCheckpoint();
        memory.Add("norm", DType.BF16, new Shape(norms.Length), [.. norms.SelectMany(BitConverter.GetBytes)]);
        var (hf, megatron) = (new MappedTensor("norm", new Shape(norms.Length)), new MappedTensor("norm", new Shape(norms.Length)) { Added = -1 });
        var whole = Box.Whole(hf.Shape);
        var there = ShiftedTensor.Through(memory, new TensorMap(MapSide.Of([hf]), MapSide.Of([megatron]), [new Link(0, whole, 0, whole)]));
        var made = TensorAssembler.ReadWhole(there, there.Tensors[0]);
        Assert.Equal(DType.F32, there.Tensors[0].DType);
        Assert.Equal(norms.Select(bits => BitConverter.Int32BitsToSingle(bits << 16) - 1f), made.Chunk(4).Select(bytes => BitConverter.ToSingle(bytes)));

        var native = new MemoryCheckpoint();
        native.Add("norm", DType.F32, new Shape(norms.Length), made);
        var back = ShiftedTensor.Through(native, new TensorMap(MapSide.Of([megatron]), MapSide.Of([hf]), [new Link(0, whole, 0, whole)]));
        var narrow = new byte[2 * norms.Length];
        Ckpt.Sharding.Elements.ElementCast.Cast(DType.F32, TensorAssembler.ReadWhole(back, back.Tensors[0]), DType.BF16, narrow);
        Assert.Equal(norms.SelectMany(BitConverter.GetBytes), narrow);
    }

    [Fact, Clause("NAM-12.6")]
    public void AMapThatAddsNothingLeavesTheSourceAlone()
    {
        var memory = new MemoryCheckpoint();
        Assert.Same(memory, ShiftedTensor.Through(memory, TensorMap.Identity([new MappedTensor("x", new Shape(1)) { Added = -1 }])));
    }

    static (string, Shape) Named(MappedTensor tensor) => (tensor.Name, tensor.Shape);

    // q, k, v, z, b and a, each with all its heads.
    static int[][] ByPart(string family, Dictionary<string, int[]> hf)
    {
        const string Net = "model.layers.0.linear_attn.";
        int[] rows = [KeyHeads * KeyDim, KeyHeads * KeyDim, ValueHeads * ValueDim, ValueHeads * ValueDim, ValueHeads, ValueHeads];
        if (family == "qwen3_next")
        {
            var blocks = hf[Net + "in_proj_qkvz.weight"].Chunk(rows[..4].Sum() / KeyHeads * Hidden).Zip(hf[Net + "in_proj_ba.weight"].Chunk(rows[4..].Sum() / KeyHeads * Hidden), (a, b) => a.Concat(b).ToArray()).ToArray();
            var starts = rows.Index().Select(row => rows[..row.Index].Sum() / KeyHeads * Hidden).ToArray();
            return [.. rows.Index().Select(row => blocks.SelectMany(block => block[starts[row.Index]..(starts[row.Index] + (row.Item / KeyHeads * Hidden))]).ToArray())];
        }
        var qkv = hf[Net + "in_proj_qkv.weight"];
        return
        [
            qkv[..(rows[0] * Hidden)], qkv[(rows[0] * Hidden)..((rows[0] + rows[1]) * Hidden)], qkv[((rows[0] + rows[1]) * Hidden)..],
            hf[Net + "in_proj_z.weight"], hf[Net + "in_proj_b.weight"], hf[Net + "in_proj_a.weight"],
        ];
    }

    static int[][] Convolution(Dictionary<string, int[]> hf)
    {
        var all = hf["model.layers.0.linear_attn.conv1d.weight"];
        var (key, rest) = (KeyHeads * KeyDim * Kernel, 2 * KeyHeads * KeyDim * Kernel);
        return [all[..key], all[key..rest], all[rest..]];
    }

    static int[] Share(int[] part, int head) => part[(head * part.Length / KeyHeads)..((head + 1) * part.Length / KeyHeads)];

    static (Dictionary<string, int[]> Hf, Dictionary<string, int[]> Megatron) Run(string family, string dialect, string? form = null)
    {
        var choices = new Dictionary<string, string> { ["dialect"] = dialect };
        if (form is not null) { choices.Add("delta net", form); }
        var map = Compile(family, new BridgeOptions { Choices = choices });
        var hf = Elements.Numbered(map.Left);
        return (hf, Elements.Apply(map, hf));
    }

    static TensorMap With(ModelCase c, string dialect, string form) =>
        BridgeCompiler.Compile(c.Family, c.Config, c.Options with { Choices = c.Options.Choices.Where(choice => choice.Key is not ("dialect" or "delta net")).Append(new("dialect", dialect)).Append(new("delta net", form)).ToDictionary() });

    static BridgeOptions Read(TensorMap map, string? dialect = null) => new()
    {
        MegatronTensors = map.Right.Tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.StoredShape),
        Choices = dialect is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["dialect"] = dialect },
    };

    static TensorMap Compile(string family, BridgeOptions options) => BridgeCompiler.Compile(FamilyCatalog.Find(family), MtpTests.Config(family, null) with { KvGroups = Groups, HeadDim = Dim }, options);
}
