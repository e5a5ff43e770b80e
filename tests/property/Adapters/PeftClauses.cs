using System.Text;
using System.Text.Json.Nodes;
using Ckpt.Formats;
using Ckpt.Formats.Peft;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Models.Adapters;
using Ckpt.Models.Configs;
using Xunit;

namespace Ckpt.PropertyTests.Adapters;

/// <summary>Adapters that must be refused, each a small change of one that is taken.</summary>
public sealed class PeftClauses
{
    const string A = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight";
    const string B = "base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight";
    const string Module = "base_model.model.model.layers.0.self_attn.q_proj";

    static readonly (string Clause, Action<MadeAdapter> Change)[] s_faults =
    [
        ("ADP-1.2", static made => made.Config["r"] = 0),
        ("ADP-1.2", static made => made.Config["r"] = "eight"),
        ("ADP-1.2", static made => made.Config["lora_alpha"] = new JsonArray()),
        ("ADP-1.2", static made => made.Config["target_modules"] = 3),
        ("ADP-1.2", static made => made.Config["bias"] = "some"),
        ("ADP-1.2", static made => made.Config.Remove("peft_type")),
        ("ADP-1.2", static made => made.Config["rank_pattern"] = new JsonObject { ["q_proj"] = -1 }),
        ("ADP-1.3", static made => made.Config["peft_type"] = "IA3"),
        ("ADP-1.3", static made => made.Config["use_qalora"] = true),
        ("ADP-1.3", static made => made.Config["layer_replication"] = new JsonArray(new JsonArray(0, 2))),
        ("ADP-1.3", static made => made.Config["init_lora_weights"] = "pissa_niter_4"),
        ("ADP-1.4", static made => made.Add("base_model.model.model.layers.0.self_attn.q_proj.lora_C.weight", new Shape(1), static _ => 1)),
        ("ADP-1.4", static made => made.Add("model.layers.0.self_attn.q_proj.lora_A.weight", new Shape(1), static _ => 1)),
        ("ADP-1.4", static made => made.Add(Module + ".lora_A.default.weight", new Shape(2, 6), static _ => 1)),
        ("ADP-1.4", static made => made.Add(Module + ".lora_embedding_B", new Shape(2, 6), static _ => 1)),
        ("ADP-1.4", static made => made.Add("base_model.model.vision.proj.lora_A.weight", new Shape(2, 6), static _ => 1).Add("base_model.model.vision.proj.lora_B.weight", new Shape(4, 2), static _ => 1)),
        ("ADP-1.5", static made => made.Config["target_modules"] = new JsonArray("v_proj")),
        ("ADP-1.5", static made => made.Config["exclude_modules"] = new JsonArray("q_proj")),
        ("ADP-1.5", static made => made.Config["layers_to_transform"] = 1),
        ("ADP-1.5", static made => made.Add(Module + ".lora_magnitude_vector", new Shape(4), static _ => 1)),
        ("ADP-1.5", static made => made.Add(Module + ".lora_B.bias", new Shape(4), static _ => 1)),
        ("ADP-1.5", static made => made.Add("base_model.model.model.layers.0.self_attn.k_proj.weight", new Shape(4, 6), static _ => 1)),
        ("ADP-1.6", static made => made.Tensors.Remove(A)),
        ("ADP-1.6", static made => made.Tensors.Remove(B)),
        ("ADP-1.6", static made => { made.Tensors.Remove(A); made.Tensors.Remove(B); }),
        ("ADP-1.6", static made => made.Config["target_modules"] = "all-linear"),
        ("ADP-1.6", static made => made.Config["use_dora"] = true),
        ("ADP-1.6", static made => made.Config["lora_bias"] = true),
        ("ADP-1.7", static made => made.Config["target_modules"] = "model.(layers"),
        ("ADP-1.7", static made => made.Config["target_modules"] = new string('a', 70_000)),
        ("ADP-1.8", static made => made.Config["r"] = 3),
        ("ADP-1.8", static made => made.Config["rank_pattern"] = new JsonObject { ["layers.0.*q_proj"] = 1 }),
        ("ADP-1.9", static made => made.Add(Module + ".lora_A.first.weight", new Shape(2, 6), static _ => 1).Add(Module + ".lora_B.second.weight", new Shape(4, 2), static _ => 1)),
        ("ADP-1.10", static made => made.Add(B, new Shape(5, 2), static _ => 1)),
        ("ADP-1.10", static made => made.Add(A, new Shape(2, 7), static _ => 1)),
        ("ADP-1.10", static made => made.Add(A, new Shape(2, 6, 1, 1), static _ => 1)),
        ("ADP-1.10", static made => made.Add(B, new Shape(4, 3), static _ => 1)),
        ("ADP-1.10", static made => made.Add(A, new Shape(2, 0), static _ => 1)),
        ("ADP-1.11", static made => made.Add(A, new Shape(2, 6), static i => i == 5 ? float.NaN : 1)),
        ("ADP-5.7", static made => made.Add(A, new Shape(2, 6), static _ => 3e38f)),
    ];

    public static IEnumerable<object[]> Faulty => Enumerable.Range(0, s_faults.Length).Select(static i => new object[] { i, s_faults[i].Clause });

    [Theory, MemberData(nameof(Faulty))]
    [Clause("ADP-1.2"), Clause("ADP-1.3"), Clause("ADP-1.4"), Clause("ADP-1.5"), Clause("ADP-1.6"), Clause("ADP-1.7"), Clause("ADP-1.8"), Clause("ADP-1.9"), Clause("ADP-1.10"), Clause("ADP-1.11"), Clause("ADP-5.7")]
    public void AFaultIsRefusedByItsClause(int index, string clause)
    {
        using var folder = new TemporaryFolder();
        var made = MadeAdapter.Plain();
        s_faults[index].Change(made);
        var error = Assert.ThrowsAny<CheckpointException>(() => Read(made.Write(folder)));
        Assert.True(error.Clause == clause, error.Message);
    }

    [Fact, Clause("ADP-1.1")]
    public void AFolderThatHoldsNoAdapterOrAPickledOneIsRefused()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal("ADP-1.1", Assert.Throws<MalformedCheckpointException>(() => PeftFolder.Open(folder.Path)).Clause);
        File.WriteAllText(folder["adapter_config.json"], """{"peft_type": "LORA"}""");
        Assert.Equal("ADP-1.1", Assert.Throws<MalformedCheckpointException>(() => PeftFolder.Open(folder.Path)).Clause);
        File.WriteAllText(folder["adapter_model.bin"], "");
        Assert.Contains("adapter_model.bin", Assert.Throws<UnsupportedCheckpointException>(() => PeftFolder.Open(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Theory, Clause("ADP-1.2")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{"peft_type": "LORA", "r": 4, "r": 8}""")]
    [InlineData("""{"peft_type": "LORA", "base_model_name_or_path": "\ud800"}""")]
    [InlineData("""{"peft_type": "LORA", "r": 1e99}""")]
    [InlineData("""{"peft_type": "LORA", "lora_alpha": 1e999}""")]
    public void AConfigThatIsNotOneObjectOfValuesIsRefused(string text) =>
        Assert.Equal("ADP-1.2", Assert.Throws<MalformedCheckpointException>(() => PeftConfig.Parse(Encoding.UTF8.GetBytes(text), "made")).Clause);

    [Theory, Clause("ADP-1.7")]
    [InlineData("""["q_proj"]""", null, "model.layers.0.self_attn.q_proj", true)]
    [InlineData("""["q_proj"]""", null, "model.layers.0.self_attn.eq_proj", false)]
    [InlineData("""["self_attn.q_proj"]""", null, "model.layers.0.self_attn.q_proj", true)]
    [InlineData("""["model.layers.1.mlp"]""", null, "model.layers.1.mlp", true)]
    [InlineData("\"model\\\\.layers\\\\.[02]\\\\..*_proj\"", null, "model.layers.2.self_attn.q_proj", true)]
    [InlineData("\"model\\\\.layers\\\\.[02]\\\\..*_proj\"", null, "model.layers.1.self_attn.q_proj", false)]
    [InlineData("\".*q_pro\"", null, "model.layers.1.self_attn.q_proj", false)]
    [InlineData("\"(?P<a>.*)\\\\.(?!lm_head)[a-z_]+\"", null, "model.layers.1.self_attn.q_proj", true)]
    [InlineData("""["q_proj"]""", """{"layers_to_transform": [1]}""", "model.layers.1.self_attn.q_proj", true)]
    [InlineData("""["q_proj"]""", """{"layers_to_transform": [1]}""", "model.layers.0.self_attn.q_proj", false)]
    [InlineData("""["q_proj"]""", """{"layers_to_transform": [1], "layers_pattern": "h"}""", "model.layers.1.self_attn.q_proj", false)]
    [InlineData("""["q_proj"]""", """{"layers_to_transform": []}""", "model.layers.0.self_attn.q_proj", true)]
    [InlineData("""["q_proj"]""", """{"modules_to_save": ["self_attn"]}""", "model.layers.0.self_attn.q_proj", false)]
    [InlineData("""["q_proj"]""", """{"exclude_modules": "model\\.layers\\.0.*"}""", "model.layers.0.self_attn.q_proj", false)]
    [InlineData("\"ALL-linear\"", null, "anything", true)]
    [InlineData("null", """{"target_parameters": ["experts.w"]}""", "experts", false)]
    public void TargetsAreMatchedByPeftsRules(string targets, string? more, string module, bool expected)
    {
        var config = JsonNode.Parse(more ?? "{}")!.AsObject();
        config["peft_type"] = "LORA";
        config["target_modules"] = JsonNode.Parse(targets);
        Assert.Equal(expected, new PeftTargets(PeftConfig.Parse(Encoding.UTF8.GetBytes(config.ToJsonString()), "made")).IsTarget(module));
    }

    [Fact, Clause("ADP-1.7")]
    public void APatternThatBacktracksWithoutEndIsRefusedInTime()
    {
        var config = PeftConfig.Parse("""{"peft_type": "LORA", "target_modules": "(a+)+b"}"""u8, "made");
        var error = Assert.Throws<UnsupportedCheckpointException>(() => new PeftTargets(config).IsTarget(new string('a', 60)));
        Assert.Equal("ADP-1.7", error.Clause);
    }

    [Fact, Clause("ADP-1.8"), Clause("ADP-2.1")]
    public void TheFirstPatternThatFitsCountsAndScalesFollow()
    {
        var targets = new PeftTargets(PeftConfig.Parse(
            """{"peft_type": "LORA", "r": 8, "lora_alpha": 16, "rank_pattern": {"layers\\.1\\..*q_proj": 4, "q_proj": 2}, "alpha_pattern": {"k_proj": 3.5}}"""u8, "made"));
        Assert.Equal((4, 2, 8), (targets.RankOf("model.layers.1.self_attn.q_proj"), targets.RankOf("model.layers.0.self_attn.q_proj"), targets.RankOf("model.layers.0.self_attn.eq_proj")));
        Assert.Equal((4.0, 8.0, 3.5 / 8), (targets.ScalingOf("layers.1.x.q_proj"), targets.ScalingOf("q_proj"), targets.ScalingOf("a.k_proj")));
        Assert.Equal(16 / Math.Sqrt(8), PeftTargets.Scaling(16, 8, rslora: true));
    }

    [Theory, Clause("ADP-1.4")]
    [InlineData(".lora_A.default.weight", ".lora_B.default.weight")]
    [InlineData(".lora_A.weight", ".lora_B.weight")]
    public void KeysWithAnAdaptersNameAreThoseWithout(string a, string b)
    {
        using var folder = new TemporaryFolder();
        var made = MadeAdapter.Plain();
        var (first, second) = (made.Tensors[A], made.Tensors[B]);
        made.Tensors.Remove(A);
        made.Tensors.Remove(B);
        made.Tensors[Module + a] = first;
        made.Tensors[Module + b] = second;
        Read(made.Write(folder));
    }

    [Fact, Clause("ADP-2.3"), Clause("ADP-5.4")]
    public void WhatIsSavedWholeTakesTheBasesPlace()
    {
        using var folder = new TemporaryFolder();
        var made = MadeAdapter.Plain();
        made.Config["modules_to_save"] = new JsonArray("k_proj");
        for (var layer = 0; layer < 2; layer++) { made.Add($"base_model.model.model.layers.{layer}.self_attn.k_proj.modules_to_save.default.weight", new Shape(4, 6), static i => i + 0.5f); }
        made.Add(Module + ".base_layer.weight", new Shape(4, 6), static _ => 100);
        using var adapter = PeftAdapter.Open(made.Write(folder));
        using var merged = AdapterMerge.Plan(MadeAdapter.PlainBase(), [adapter], null);
        Assert.Equal(Enumerable.Range(0, 24).Select(static i => i + 0.5f), Floats(merged.Checkpoint, "model.layers.1.self_attn.k_proj.weight"));
        var (a, b) = (made.Tensors[A].Values, made.Tensors[B].Values);
        Assert.Equal(Enumerable.Range(0, 24).Select(i => 100 + (2 * ((b[i / 6 * 2] * a[i % 6]) + (b[(i / 6 * 2) + 1] * a[6 + (i % 6)])))), Floats(merged.Checkpoint, "model.layers.0.self_attn.q_proj.weight"));
    }

    [Fact, Clause("ADP-5.8")]
    public void AnAdapterOfATiedEmbeddingIsNotMerged()
    {
        using var folder = new TemporaryFolder();
        var path = Repository.Vector("hf", "llama-tied");
        var config = HfConfig.Parse(File.ReadAllBytes(Path.Combine(path, "config.json")), path);
        var made = new MadeAdapter();
        made.Config["target_modules"] = new JsonArray("embed_tokens");
        made.Add("base_model.model.model.embed_tokens.lora_embedding_A", new Shape(2, config.Model.VocabSize), static _ => 1);
        made.Add("base_model.model.model.embed_tokens.lora_embedding_B", new Shape(config.Model.Hidden, 2), static _ => 1);
        using var adapter = PeftAdapter.Open(made.Write(folder));
        var error = Assert.Throws<UnsupportedCheckpointException>(() => AdapterMerge.Plan(AdapterCases.Base("llama-tied"), [adapter], config));
        Assert.Equal("ADP-5.8", error.Clause);
    }

    [Theory, Clause("ADP-5.9")]
    [InlineData(DType.F64)]
    [InlineData(DType.F8E4M3)]
    public void ABaseOfAnotherTypeIsRefused(DType dtype)
    {
        using var folder = new TemporaryFolder();
        using var adapter = PeftAdapter.Open(MadeAdapter.Plain().Write(folder));
        var reader = new MemoryCheckpoint();
        for (var layer = 0; layer < 2; layer++) { reader.Add($"model.layers.{layer}.self_attn.q_proj.weight", dtype, new Shape(4, 6), new byte[dtype.ByteLength(24)]); }
        Assert.Equal("ADP-5.9", Assert.Throws<UnsupportedCheckpointException>(() => AdapterMerge.Plan(reader, [adapter], null)).Clause);
    }

    [Fact, Clause("ADP-5.2"), Clause("ADP-5.3")]
    public void MagnitudesOfTransposedWeightsAndBiasesWithoutBaseAreRefused()
    {
        using var folder = new TemporaryFolder();
        var dora = MadeAdapter.Plain();
        dora.Config["use_dora"] = true;
        dora.Config["fan_in_fan_out"] = true;
        var reader = new MemoryCheckpoint();
        for (var layer = 0; layer < 2; layer++)
        {
            dora.Add($"base_model.model.model.layers.{layer}.self_attn.q_proj.lora_magnitude_vector", new Shape(4), static _ => 1);
            reader.Add($"model.layers.{layer}.self_attn.q_proj.weight", DType.F32, new Shape(6, 4), new byte[96]);
        }
        using var adapter = PeftAdapter.Open(dora.Write(folder));
        Assert.Equal("ADP-5.2", Assert.Throws<UnsupportedCheckpointException>(() => AdapterMerge.Plan(reader, [adapter], null)).Clause);

        var bias = MadeAdapter.Plain();
        bias.Config["lora_bias"] = true;
        for (var layer = 0; layer < 2; layer++) { bias.Add($"base_model.model.model.layers.{layer}.self_attn.q_proj.lora_B.bias", new Shape(4), static _ => 1); }
        using var other = PeftAdapter.Open(bias.Write(folder, "bias"));
        Assert.Equal("ADP-5.3", Assert.Throws<UnsupportedCheckpointException>(() => AdapterMerge.Plan(MadeAdapter.PlainBase(), [other], null)).Clause);
    }

    [Theory, Clause("ADP-2.2")]
    [InlineData("0.19.0", false)]
    [InlineData("0.18.1", true)]
    [InlineData(null, null)]
    public void SquareExpertsAreReadByTheVersionThatWroteThem(string? version, bool? transposed)
    {
        using var folder = new TemporaryFolder();
        var made = new MadeAdapter();
        made.Config["target_modules"] = null;
        made.Config["target_parameters"] = new JsonArray("experts.down_proj");
        if (version is not null) { made.Config["peft_version"] = version; }
        made.Add("base_model.model.mlp.experts.lora_A.weight", new Shape(6, 4), static i => i).Add("base_model.model.mlp.experts.lora_B.weight", new Shape(4, 6), static i => i);
        using var adapter = PeftAdapter.Open(made.Write(folder));
        using var reader = new MemoryCheckpoint().Add("mlp.experts.down_proj", DType.F32, new Shape(3, 4, 4), new byte[192]);
        if (transposed is not { } expected)
        {
            Assert.Equal("ADP-2.2", Assert.Throws<UnsupportedCheckpointException>(() => adapter.Resolve(AdapterModel.Of(reader, null))).Clause);
            return;
        }
        using var merged = AdapterMerge.Plan(reader, [adapter], null);
        var found = Floats(merged.Checkpoint, "mlp.experts.down_proj");
        for (var i = 0; i < found.Length; i++)
        {
            var (expert, row, column) = (i / 16, i / 4 % 4, i % 4);
            var (outer, inner) = expected ? (column, row) : (row, column);
            // A: row expert · 2 + rank; B: column rank · 3 + expert; alpha 4 over rank 2.
            var value = Enumerable.Range(0, 2).Sum(rank => ((outer * 6) + (rank * 3) + expert) * (((expert * 2) + rank) * 4 + inner));
            Assert.Equal(2f * value, found[i]);
        }
    }

    internal static float[] Floats(ICheckpointReader reader, string name) => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(AdapterCases.Bytes(reader, name)).ToArray();

    static void Read(string path)
    {
        using var adapter = PeftAdapter.Open(path);
        using var merged = AdapterMerge.Plan(MadeAdapter.PlainBase(), [adapter], null);
        foreach (var name in merged.Changed) { AdapterCases.Bytes(merged.Checkpoint, name); }
    }
}
