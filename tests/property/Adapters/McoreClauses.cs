using System.Text;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Models.Adapters;
using Ckpt.Models.Configs;
using Xunit;

namespace Ckpt.PropertyTests.Adapters;

/// <summary>Megatron adapter checkpoints made by hand: what they may leave out, contradict and hold besides.</summary>
public sealed class McoreClauses
{
    const string Fc1 = "decoder.layers.mlp.linear_fc1";

    static readonly HfConfig s_config = AdapterCases.Config("qwen3");

    static long Layers => s_config.Model.Layers;

    static long Hidden => s_config.Model.Hidden;

    static long Ffn => s_config.Model.Ffn;

    [Fact, Clause("ADP-3.3")]
    public void ChunksAndArgumentsThatTellDifferentSizesAreRefusedUnlessOneIsGiven()
    {
        using var adapter = McoreAdapter.Of(Checkpoint(chunks: 2), Args(8, tensorParallel: 4));
        var error = Assert.Throws<LayoutException>(() => adapter.Resolve(AdapterModel.Of(s_config)));
        Assert.Equal("ADP-3.3", error.Clause);
        using var given = McoreAdapter.Of(Checkpoint(chunks: 2), Args(8, tensorParallel: 4), new McoreAdapterOptions { SavedTensorParallel = 2 });
        given.Resolve(AdapterModel.Of(s_config));
    }

    [Theory, Clause("ADP-3.3")]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void GateAndUpRowsAreFoundWhereTheRanksLeftThem(int ranks)
    {
        using var adapter = McoreAdapter.Of(Checkpoint(chunks: ranks), Args(8, tensorParallel: ranks));
        var modules = adapter.Resolve(AdapterModel.Of(s_config)).Modules;
        var share = Ffn / ranks;
        // Column 0 of a stored row of layer l is l · 1000 + its place in the file.
        foreach (var (name, part) in new[] { ("gate_proj", 0L), ("up_proj", 1L) })
        {
            var module = modules.Single(module => module.Name == $"model.layers.1.mlp.{name}");
            var stored = module.B.Read().Where((_, i) => i % module.Rank == 0);
            Assert.Equal(Enumerable.Range(0, (int)Ffn).Select(row => (float)(1000 + (row / share * 2 * share) + (part * share) + (row % share))), stored);
        }
    }

    [Theory, Clause("ADP-3.6")]
    [InlineData(1)]
    [InlineData(2)]
    public void SectionsOfLinearAttentionAreFoundWhereTheRanksLeftThem(int ranks)
    {
        using var adapter = McoreAdapter.Of(LinearAttention(ranks), Args(8, tensorParallel: ranks), s_native);
        var modules = adapter.Resolve(AdapterModel.Of(s_linear)).Modules;
        // Of each of two key heads, as one rank of two holds them: 16 rows of query and of key, 32 of value and of z; 2 of beta and of alpha.
        int[] sections = [16, 16, 32, 32, 2, 2];
        var qkvz = Enumerable.Range(0, 2).SelectMany(head => Enumerable.Range(0, 4).SelectMany(part => Rows(sections, head, part)));
        var ba = Enumerable.Range(0, 2).SelectMany(head => Enumerable.Range(4, 2).SelectMany(part => Rows(sections, head, part)));
        Assert.Equal(qkvz, Stored("in_proj_qkvz"));
        Assert.Equal(ba, Stored("in_proj_ba"));

        IEnumerable<float> Rows(int[] sizes, int head, int part)
        {
            var first = ranks == 2 ? (head * sizes.Sum()) + sizes[..part].Sum() : (2 * sizes[..part].Sum()) + (head * sizes[part]);
            return Enumerable.Range(first, sizes[part]).Select(static row => (float)row);
        }

        IEnumerable<float> Stored(string name)
        {
            var module = modules.Single(module => module.Name == $"model.layers.0.linear_attn.{name}");
            return module.B.Read().Where((_, i) => i % module.Rank == 0);
        }
    }

    [Fact, Clause("ADP-3.6")]
    public void SectionsThatRanksCannotShareAreRefusedAndNoneAreWritten()
    {
        using var adapter = McoreAdapter.Of(LinearAttention(8), Args(8, tensorParallel: 8), s_native);
        Assert.Equal("ADP-3.6", Assert.Throws<LayoutException>(() => adapter.Resolve(AdapterModel.Of(s_linear))).Clause);
        using var folder = new TemporaryFolder();
        var made = new MadeAdapter();
        made.Config["target_modules"] = new System.Text.Json.Nodes.JsonArray("in_proj_qkvz");
        made.Add("base_model.model.model.layers.0.linear_attn.in_proj_qkvz.lora_A.weight", new Shape(2, 64), static i => i);
        made.Add("base_model.model.model.layers.0.linear_attn.in_proj_qkvz.lora_B.weight", new Shape(192, 2), static i => i);
        var path = made.Write(folder);
        using var native = PeftAdapter.Open(path);
        Assert.Equal("ADP-4.5", Assert.Throws<UnsupportedCheckpointException>(() => McoreExport.Plan(native, s_linear, new McoreExportOptions { Dialect = "native" })).Clause);
    }

    static readonly McoreAdapterOptions s_native = new() { Choices = new Dictionary<string, string> { ["dialect"] = "native" } };

    /// <summary>One layer of linear attention: 2 key heads and 4 value heads of 16.</summary>
    static readonly HfConfig s_linear = Linear();

    static HfConfig Linear()
    {
        var json = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(Repository.Vector("hf", "qwen3_next-layer3", "config.json")))!;
        json["layer_types"] = new System.Text.Json.Nodes.JsonArray("linear_attention");
        return HfConfig.Parse(Encoding.UTF8.GetBytes(json.ToJsonString()), "config.json");
    }

    static MemoryCheckpoint LinearAttention(int chunks)
    {
        const string Module = "decoder.layers.0.self_attention.in_proj";
        var b = new float[200 * 2];
        for (var row = 0; row < 200; row++) { b[row * 2] = row; }
        var shape = new Shape(200, 2);
        return new MemoryCheckpoint().Add(Module + ".lora_A.default.weight", DType.F32, new Shape(2, 64), new byte[2 * 64 * 4])
            .Add(Module + ".lora_B.default.weight", DType.F32, shape, System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(b).ToArray(), [.. Enumerable.Range(0, chunks).Select(chunk => new Box([chunk * 200 / chunks, 0], [200 / chunks, 2]))]);
    }

    [Fact, Clause("ADP-3.4")]
    public void ScaleAndRankMustBeKnownAndAgree()
    {
        Assert.Equal("ADP-3.4", Fault(null).Clause);
        Assert.Equal("ADP-3.4", Fault("""{"lora_rank": 3, "lora_alpha": 8}""").Clause);
        using var given = McoreAdapter.Of(Checkpoint(), null, new McoreAdapterOptions { Alpha = 6, UseRslora = true });
        Assert.All(given.Resolve(AdapterModel.Of(s_config)).Modules, static module => Assert.Equal(6 / Math.Sqrt(2), module.Scaling));
    }

    [Fact, Clause("ADP-3.1")]
    public void WhatIsNoAdapterOrHalfOfOneIsRefused()
    {
        using var none = new MemoryCheckpoint().Add("decoder.final_layernorm.weight", DType.F32, new Shape(1), new byte[4]);
        Assert.Equal("ADP-3.1", Assert.Throws<MalformedCheckpointException>(() => McoreAdapter.Of(none, null)).Clause);
        Assert.Equal("ADP-3.1", Fault(Args(8), Fc1 + ".lora_B.default.weight").Clause);
        Assert.Equal("ADP-3.1", Fault(Args(8), Fc1 + ".lora_A.default.weight").Clause);
        Assert.Equal("ADP-3.1", Fault(Args(8), options: new McoreAdapterOptions { Adapter = "ref_adapter" }).Clause);
        Assert.Equal("ADP-3.1", Fault(Args(8), more: static made => made.Add("decoder.layers.mlp.linear_fc9.lora_A.default.weight", DType.F32, new Shape(1, 1), new byte[4]).Add("decoder.layers.mlp.linear_fc9.lora_B.default.weight", DType.F32, new Shape(1, 1), new byte[4])).Clause);
        Assert.Equal("ADP-3.1", Fault(Args(8), more: static made => made.Add("decoder.layers.mlp.experts.weight1_lora_a", DType.F32, new Shape(1), new byte[4])).Clause);
    }

    [Fact, Clause("ADP-3.2")]
    public void ShapesMustBeTheWeights()
    {
        var made = new MemoryCheckpoint();
        made.Add(Fc1 + ".lora_A.default.weight", DType.F32, new Shape(Layers, 2, Hidden), new byte[Layers * 2 * Hidden * 4]);
        made.Add(Fc1 + ".lora_B.default.weight", DType.F32, new Shape(Layers, Ffn, 2), new byte[Layers * Ffn * 2 * 4]);
        using var adapter = McoreAdapter.Of(made, Args(8));
        Assert.Equal("ADP-3.2", Assert.Throws<MalformedCheckpointException>(() => adapter.Resolve(AdapterModel.Of(s_config))).Clause);
    }

    [Fact, Clause("ADP-3.5")]
    public void ABaseUnderAnAdapterIsFoundByItsOwnNames()
    {
        var made = Checkpoint().Add(Fc1 + ".base_layer.weight", DType.F32, new Shape(1), [1, 2, 3, 4]).Add("decoder.final_layernorm.weight", DType.F32, new Shape(1), [5, 6, 7, 8]);
        using var found = McoreAdapter.BaseOf(made)!;
        Assert.Equal(["decoder.final_layernorm.weight", Fc1 + ".weight"], found.Tensors.Select(static tensor => tensor.Name));
        Assert.Equal([1, 2, 3, 4], AdapterCases.Bytes(found, Fc1 + ".weight"));
        using var plain = Checkpoint();
        Assert.Null(McoreAdapter.BaseOf(plain));
    }

    [Fact, Clause("ADP-4.1"), Clause("ADP-4.5")]
    public void WhatIsSavedWholeGoesThereAndBackWithoutItsPadding()
    {
        using var folder = new TemporaryFolder();
        var (vocab, padded) = (s_config.Model.VocabSize, s_config.Model.VocabSize + 5);
        var rows = new float[vocab * Hidden];
        for (var i = 0; i < rows.Length; i++) { rows[i] = i; }
        var made = new MadeAdapter();
        made.Config["target_modules"] = new System.Text.Json.Nodes.JsonArray("down_proj");
        made.Config["modules_to_save"] = new System.Text.Json.Nodes.JsonArray("lm_head");
        for (var layer = 0; layer < Layers; layer++)
        {
            made.Add($"base_model.model.model.layers.{layer}.mlp.down_proj.lora_A.weight", new Shape(2, Ffn), static i => i);
            made.Add($"base_model.model.model.layers.{layer}.mlp.down_proj.lora_B.weight", new Shape(Hidden, 2), static i => i);
        }
        made.Add("base_model.model.lm_head.weight", new Shape(vocab, Hidden), i => rows[i]);
        var mcore = McoreVectorTests.Write(folder, "mcore", McoreExport.Plan(PeftAdapter.Open(made.Write(folder)), s_config, new McoreExportOptions { PaddedVocab = padded }));
        using (var written = CheckpointOpener.Open(mcore))
        {
            Assert.Equal(new Shape(padded, Hidden), written.Tensors.Single(static tensor => tensor.Name == "output_layer.modules_to_save.default.weight").Shape);
        }
        using var back = McoreVectorTests.Export(folder, "back", McoreAdapter.Open(mcore), s_config);
        Assert.Equal(rows, PeftClauses.Floats(back.Reader, "base_model.model.lm_head.weight"));
        Assert.Equal(["lm_head"], back.Config.ModulesToSave);
        Assert.Equal(["down_proj"], back.Config.TargetModules!);
    }

    [Fact, Clause("ADP-4.2")]
    public void NamesThatWouldTargetMoreThanIsThereAreMadeLonger()
    {
        using var folder = new TemporaryFolder();
        var made = new MadeAdapter();
        made.Config["target_modules"] = new System.Text.Json.Nodes.JsonArray("down_proj");
        made.Config["layers_to_transform"] = 1;
        made.Add("base_model.model.model.layers.1.mlp.down_proj.lora_A.weight", new Shape(2, Ffn), static i => i);
        made.Add("base_model.model.model.layers.1.mlp.down_proj.lora_B.weight", new Shape(Hidden, 2), static i => i);
        var path = made.Write(folder);
        // PEFT's own folder names the layer with a key of its own; Megatron has the other layers too, with zeros.
        using var adapter = PeftAdapter.Open(path);
        Assert.Single(adapter.Resolve(AdapterModel.Of(s_config)).Modules);
        using var back = McoreVectorTests.Export(folder, "back", McoreAdapter.Open(McoreVectorTests.Write(folder, "mcore", McoreExport.Plan(PeftAdapter.Open(path), s_config))), s_config);
        Assert.Equal(Layers, back.Resolve(AdapterModel.Of(s_config)).Modules.Count);
        Assert.All(back.Reader.Tensors.Where(static tensor => !tensor.Name.Contains("layers.1.", StringComparison.Ordinal)), tensor => Assert.All(PeftClauses.Floats(back.Reader, tensor.Name), static value => Assert.Equal(0, value)));
    }

    static CheckpointException Fault(object? args, string? without = null, McoreAdapterOptions? options = null, Action<MemoryCheckpoint>? more = null)
    {
        var made = Checkpoint(without: without);
        more?.Invoke(made);
        using var adapter = McoreAdapter.Of(made, args is string text ? Encoding.UTF8.GetBytes(text) : (byte[]?)args, options);
        return Assert.ThrowsAny<CheckpointException>(() => adapter.Resolve(AdapterModel.Of(s_config)));
    }

    static byte[] Args(int alpha, int tensorParallel = 1) => Encoding.UTF8.GetBytes($$"""{"lora_rank": 2, "lora_alpha": {{alpha}}, "tensor_model_parallel_size": {{tensorParallel}}}""");

    /// <summary>fc1's adapter of rank 2, cut along the rows of B; column 0 of each stored row says which it is.</summary>
    static MemoryCheckpoint Checkpoint(int chunks = 1, string? without = null)
    {
        var made = new MemoryCheckpoint();
        var (a, b) = (new Shape(Layers, 2, Hidden), new Shape(Layers, 2 * Ffn, 2));
        var rows = new float[b.Count];
        for (var i = 0; i < rows.Length; i++) { rows[i] = i % 2 == 1 ? 0 : (i / (4 * Ffn) * 1000) + (i / 2 % (2 * Ffn)); }
        var boxes = new List<Box>();
        for (var layer = 0L; layer < Layers; layer++)
        {
            for (var chunk = 0; chunk < chunks; chunk++) { boxes.Add(new Box([layer, chunk * 2 * Ffn / chunks, 0], [1, 2 * Ffn / chunks, 2])); }
        }
        if (without != Fc1 + ".lora_A.default.weight") { made.Add(Fc1 + ".lora_A.default.weight", DType.F32, a, new byte[a.Count * 4]); }
        if (without != Fc1 + ".lora_B.default.weight") { made.Add(Fc1 + ".lora_B.default.weight", DType.F32, b, MadeAdapter.Bytes(rows), boxes); }
        return made;
    }
}
