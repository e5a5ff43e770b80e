using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Sharding.Layouts;
using Xunit;
using static Ckpt.PropertyTests.LegacyTorch.RankFiles;

namespace Ckpt.PropertyTests.LegacyTorch;

/// <summary>What the same weights look like in files of different ages and programs, laid out here by the formulas of each.</summary>
public sealed class LegacyFormsTests
{
    const int Heads = 4, Dim = 2, Hidden = 3;

    static readonly Shape s_one = new(1);

    /// <summary>A number of its own for each element of query, key and value.</summary>
    static byte Qkv(int head, int part, int row, int column) => (byte)((((((head * 3) + part) * Dim) + row) * Hidden) + column);

    [Theory]
    [InlineData(null)]
    [InlineData(0.0)]
    [InlineData(1.0)]
    [InlineData(2.0)]
    [InlineData(3.0)]
    [Clause("LEG-4.2"), Clause("LEG-2.3")]
    public void ModelsBeforeMegatronCoreAreReadInTodaysOrder(double? version)
    {
        using var files = new RankFiles();
        foreach (var rank in new[] { 0, 1 })
        {
            var shared = Args(("model_parallel_size", 2), ("num_layers", 1), ("num_attention_heads", Heads));
            if (version is { } number) { shared.Add("checkpoint_version", Node(number)); }
            // Version 0 is (3, heads, dim), 1 is (heads, dim, 3), then (heads, 3, dim); of the rank's own heads.
            (int, int, int)[] rows = version switch
            {
                null or 0 => [.. from part in Enumerable.Range(0, 3) from head in Enumerable.Range(rank * 2, 2) from row in Enumerable.Range(0, Dim) select (head, part, row)],
                1 => [.. from head in Enumerable.Range(rank * 2, 2) from row in Enumerable.Range(0, Dim) from part in Enumerable.Range(0, 3) select (head, part, row)],
                _ => [.. from head in Enumerable.Range(rank * 2, 2) from part in Enumerable.Range(0, 3) from row in Enumerable.Range(0, Dim) select (head, part, row)],
            };
            byte[] weight = [.. from r in rows from column in Enumerable.Range(0, Hidden) select Qkv(r.Item1, r.Item2, r.Item3, column)];
            byte[] bias = [.. from r in rows select Qkv(r.Item1, r.Item2, r.Item3, 0)];
            const string Layer = "language_model/encoder/layers.0.";
            files.Add($"mp_rank_{rank:D2}", shared,
                ("language_model/embedding/word_embeddings/weight", new Shape(2, 3), [(byte)(rank * 2), 0, 0, (byte)((rank * 2) + 1), 0, 0]),
                (Layer + "input_norm.weight", new Shape(3), [1, 2, 3]),
                (Layer + "self_attention.query_key_value.weight", new Shape(12, 3), weight),
                (Layer + "self_attention.query_key_value.bias", new Shape(12), bias),
                (Layer + "self_attention.dense.weight", new Shape(2, 1), [(byte)(10 + rank), (byte)(20 + rank)]),
                (Layer + "self_attention.dense.bias", new Shape(2), [7, 8]),
                (Layer + "post_attention_norm.weight", new Shape(3), [4, 5, 6]),
                (Layer + "mlp.dense_h_to_4h.weight", new Shape(2, 1), [(byte)(30 + (2 * rank)), (byte)(31 + (2 * rank))]),
                (Layer + "mlp.dense_4h_to_h.weight", new Shape(1, 2), [(byte)(40 + (2 * rank)), (byte)(41 + (2 * rank))]),
                ("language_model/encoder/final_norm.weight", new Shape(3), [9, 9, 9]));
        }
        using var reader = files.Open();

        Assert.Equal(
            ["embedding.word_embeddings.weight", "decoder.layers.0.self_attention.linear_qkv.layer_norm_weight", "decoder.layers.0.self_attention.linear_qkv.weight",
             "decoder.layers.0.self_attention.linear_qkv.bias", "decoder.layers.0.self_attention.linear_proj.weight", "decoder.layers.0.self_attention.linear_proj.bias",
             "decoder.layers.0.mlp.linear_fc1.layer_norm_weight", "decoder.layers.0.mlp.linear_fc1.weight", "decoder.layers.0.mlp.linear_fc2.weight", "decoder.final_layernorm.weight"],
            reader.Tensors.Select(t => t.Name));
        Assert.Equal(Enumerable.Range(0, 72).Select(i => (byte)i), Read(reader, "decoder.layers.0.self_attention.linear_qkv.weight").Bytes);
        Assert.Equal(Enumerable.Range(0, 24).Select(i => (byte)(i * 3)), Read(reader, "decoder.layers.0.self_attention.linear_qkv.bias").Bytes);
        Assert.Equal([0, 0, 0, 1, 0, 0, 2, 0, 0, 3, 0, 0], Read(reader, "embedding.word_embeddings.weight").Bytes);
        Assert.Equal([10, 11, 20, 21], Read(reader, "decoder.layers.0.self_attention.linear_proj.weight").Bytes);
        // Without gate rows: as many rows as the next projection has columns.
        Assert.Equal([30, 31, 32, 33], Read(reader, "decoder.layers.0.mlp.linear_fc1.weight").Bytes);
    }

    [Fact]
    [Clause("LEG-5.1")]
    public void TheHeadOfATiedModelIsACopyOfTheEmbedding()
    {
        using var files = new RankFiles();
        var shared = Args(("tensor_model_parallel_size", 1), ("pipeline_model_parallel_size", 2), ("num_layers", 2));
        files.Add("mp_rank_00_000", shared,
            ("language_model/embedding/word_embeddings/weight", new Shape(2, 1), [1, 2]), ("language_model/encoder/layers.0.input_norm.weight", s_one, [3]));
        files.Add("mp_rank_00_001", shared,
            ("language_model/encoder/layers.0.input_norm.weight", s_one, [4]), ("language_model/encoder/final_norm.weight", s_one, [5]), ("word_embeddings_for_head/weight", new Shape(2, 1), [1, 2]));
        using var reader = files.Open();

        Assert.DoesNotContain(reader.Tensors, t => t.Name == "output_layer.weight");
        var replica = Assert.Single(reader.Replicas);
        Assert.Equal(("embedding.word_embeddings.weight", 1), (reader.Tensors[replica.Tensor].Name, replica.File));
        Assert.Equal([4], Read(reader, "decoder.layers.1.input_layernorm.weight").Bytes);
    }

    /// <summary>A number of its own for each element of an expert's projections.</summary>
    static byte Fc(int expert, int row, int column, int columns) => (byte)((expert * 61) + (row * columns) + column);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Clause("LEG-4.3")]
    public void GroupedExpertsLieTransposedOneBehindTheOther(bool overTensor)
    {
        // Experts 4, width 4 (gate and up: 8 rows), hidden 3; TP 2, EP 2.
        using var files = new RankFiles();
        var args = overTensor ? Args(("tensor_model_parallel_size", 2), ("expert_model_parallel_size", 2), ("moe_tp_extend_ep", true)) : Args(("tensor_model_parallel_size", 2), ("expert_model_parallel_size", 2));
        foreach (var (tensor, share) in from tensor in Enumerable.Range(0, 2) from share in Enumerable.Range(0, 2) select (tensor, share))
        {
            // MindSpeed: pieces of the experts by expert rank, then by tensor rank; else each expert's columns by tensor rank.
            int[] experts = overTensor ? [(share * 2) + tensor] : [share * 2, (share * 2) + 1];
            int[] columns = overTensor ? [.. Enumerable.Range(0, 4)] : [tensor * 2, (tensor * 2) + 1];
            byte[] first = [.. from expert in experts from hidden in Enumerable.Range(0, 3) from half in Enumerable.Range(0, 2) from column in columns select Fc(expert, (half * 4) + column, hidden, 3)];
            byte[] second = [.. from expert in experts from column in columns from hidden in Enumerable.Range(0, 3) select Fc(expert, hidden, column, 4)];
            files.Add($"mp_rank_{tensor:D2}_{share:D3}", args,
                ("decoder.layers.0.mlp.router.weight", new Shape(4, 1), [1, 2, 3, 4]),
                ("decoder.layers.0.mlp.experts.weight1", new Shape(3, first.Length / 3), first),
                ("decoder.layers.0.mlp.experts.weight2", new Shape(second.Length / 3, 3), second));
        }
        using var reader = files.Open();

        var (shape1, bytes1) = Read(reader, "decoder.layers.0.mlp.experts.experts.linear_fc1.weight");
        Assert.Equal(new Shape(4, 8, 3), shape1);
        Assert.Equal(from e in Enumerable.Range(0, 4) from r in Enumerable.Range(0, 8) from h in Enumerable.Range(0, 3) select Fc(e, r, h, 3), bytes1);
        var (shape2, bytes2) = Read(reader, "decoder.layers.0.mlp.experts.experts.linear_fc2.weight");
        Assert.Equal(new Shape(4, 3, 4), shape2);
        Assert.Equal(from e in Enumerable.Range(0, 4) from h in Enumerable.Range(0, 3) from c in Enumerable.Range(0, 4) select Fc(e, h, c, 4), bytes2);
    }

    [Theory]
    [InlineData("local_experts.{0}.linear_fc1.weight", "local_experts.{0}.linear_fc2.weight")]
    [InlineData("linear_fc1.weight{0}", "linear_fc2.weight{0}")]
    [InlineData("linear_fc1.weight", "linear_fc2.weight")]
    [Clause("LEG-4.3")]
    public void ExpertsHaveOneNameWhateverTheirModules(string first, string second)
    {
        using var files = new RankFiles();
        foreach (var share in new[] { 0, 1 })
        {
            var tensors = new List<(string, Shape, byte[])> { ("decoder.layers.0.mlp.router.weight", new Shape(4, 1), [1, 2, 3, 4]) };
            foreach (var (name, dims, start) in new[] { (first, new Shape(2, 1), 10), (second, new Shape(1, 1), 50) })
            {
                byte Value(int expert, int i) => (byte)(start + (((share * 2) + expert) * (int)dims.Count) + i);
                if (!name.Contains('{', StringComparison.Ordinal))
                {
                    tensors.Add(($"decoder.layers.0.mlp.experts.{name}", new Shape([2, .. dims.Dims]), [.. from e in Enumerable.Range(0, 2) from i in Enumerable.Range(0, (int)dims.Count) select Value(e, i)]));
                    continue;
                }
                for (var expert = 0; expert < 2; expert++)
                {
                    var at = expert;
                    tensors.Add(($"decoder.layers.0.mlp.experts.{name.Replace("{0}", $"{expert}", StringComparison.Ordinal)}", dims, [.. Enumerable.Range(0, (int)dims.Count).Select(i => Value(at, i))]));
                }
            }
            files.Add($"mp_rank_00_{share:D3}", Args(("expert_model_parallel_size", 2)), [.. tensors]);
        }
        using var reader = files.Open();

        Assert.Equal(Enumerable.Range(10, 8).Select(i => (byte)i), Read(reader, "decoder.layers.0.mlp.experts.experts.linear_fc1.weight").Bytes);
        Assert.Equal(Enumerable.Range(50, 4).Select(i => (byte)i), Read(reader, "decoder.layers.0.mlp.experts.experts.linear_fc2.weight").Bytes);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Clause("LEG-4.4"), Clause("LEG-4.5"), Clause("LEG-4.1")]
    public void MindSpeedsLatentAttentionIsMegatronCores(bool lowRank)
    {
        // Two heads, nope 2, rope 1, v 2; ranks 3 (query) and 2 (key and value); hidden 1; TP 2.
        using var files = new RankFiles();
        foreach (var rank in new[] { 0, 1 })
        {
            var tensors = new List<(string, Shape, byte[])>();
            void Add(string name, Shape shape, params byte[] bytes) => tensors.Add(("decoder.layers.0." + name, shape, bytes));
            Add("input_layernorm.weight", s_one, 99);
            Add("pre_mlp_layernorm.weight", s_one, 98);
            Add("mlp.linear_fc1.weight", new Shape(2, 1), (byte)(60 + rank), (byte)(70 + rank));
            Add("mlp.linear_fc2.weight", new Shape(1, 1), (byte)(80 + rank));
            if (lowRank)
            {
                Add("self_attention.linear_qkv.weight", new Shape(6, 1), 1, 2, 3, 11, 12, 13);
                Add("self_attention.q_layernorm.weight", new Shape(3), 5, 6, 7);
                Add("self_attention.linear_qk_nope.weight", new Shape(2, 3), [.. Enumerable.Range((rank * 9) + 100, 6).Select(i => (byte)i)]);
                Add("self_attention.linear_qk_rope.weight", new Shape(1, 3), [.. Enumerable.Range((rank * 9) + 106, 3).Select(i => (byte)i)]);
            }
            else { Add("self_attention.linear_qkv.weight", new Shape(9, 1), 1, 2, 3, 4, 5, 6, 11, 12, 13); }
            Add("self_attention.kv_layernorm.weight", new Shape(2), 8, 9);
            Add("self_attention.linear_kv_nope.weight", new Shape(2, 2), [.. Enumerable.Range((rank * 8) + 150, 4).Select(i => (byte)i)]);
            Add("self_attention.linear_v.weight", new Shape(2, 2), [.. Enumerable.Range((rank * 8) + 154, 4).Select(i => (byte)i)]);
            files.Add($"mp_rank_{rank:D2}", Args(("tensor_model_parallel_size", 2), ("num_attention_heads", 2), ("qk_pos_emb_head_dim", 1)), [.. tensors]);
        }
        using var reader = files.Open();

        const string Attention = "decoder.layers.0.self_attention.";
        Assert.Equal([11, 12, 13], Read(reader, Attention + "linear_kv_down_proj.weight").Bytes);
        Assert.Equal(Enumerable.Range(150, 16).Select(i => (byte)i), Read(reader, Attention + "linear_kv_up_proj.weight").Bytes);
        Assert.Equal([8, 9], Read(reader, Attention + "linear_kv_up_proj.layer_norm_weight").Bytes);
        if (lowRank)
        {
            Assert.Equal([1, 2, 3], Read(reader, Attention + "linear_q_down_proj.weight").Bytes);
            Assert.Equal(Enumerable.Range(100, 18).Select(i => (byte)i), Read(reader, Attention + "linear_q_up_proj.weight").Bytes);
            Assert.Equal([5, 6, 7], Read(reader, Attention + "linear_q_up_proj.layer_norm_weight").Bytes);
        }
        else { Assert.Equal([1, 2, 3, 4, 5, 6], Read(reader, Attention + "linear_q_proj.weight").Bytes); }
        Assert.Equal([99], Read(reader, "decoder.layers.0.input_layernorm.weight").Bytes);
        Assert.Equal([98], Read(reader, "decoder.layers.0.mlp.linear_fc1.layer_norm_weight").Bytes);
        Assert.Equal([60, 61, 70, 71], Read(reader, "decoder.layers.0.mlp.linear_fc1.weight").Bytes);
    }

    [Fact]
    [Clause("LEG-4.1"), Clause("LEG-4.4")]
    public void FusedOperatorsHaveTheNamesOfModules()
    {
        using var files = new RankFiles();
        files.Add("mp_rank_00", Args(("transformer_impl", "transformer_engine")),
            ("module.decoder.layers.0.mlp.0.weight", s_one, [1]), ("module.decoder.layers.0.mlp.1.basic_ops.0.weight", new Shape(2, 1), [2, 3]), ("module.decoder.layers.0.mlp.3.basic_ops.0.weight", new Shape(1, 1), [4]),
            ("module.decoder.layers.0.self_attention.linear_qkv_down_proj.weight", new Shape(3, 1), [5, 6, 7]), ("module.decoder.layers.0.self_attention.linear_qkv_down_proj.layer_norm_weight", s_one, [8]),
            ("module.decoder.layers.0.self_attention.linear_q_up_proj.weight", new Shape(1, 2), [9, 9]), ("module.decoder.layers.0.self_attention.linear_kv_up_proj.weight", new Shape(1, 1), [9]),
            ("module.decoder.layers.0.pre_mlp_layernorm.weight", s_one, [10]));
        using var reader = files.Open();

        const string Layer = "decoder.layers.0.";
        Assert.Equal([1], Read(reader, Layer + "mlp.linear_fc1.layer_norm_weight").Bytes);
        Assert.Equal([2, 3], Read(reader, Layer + "mlp.linear_fc1.weight").Bytes);
        Assert.Equal([4], Read(reader, Layer + "mlp.linear_fc2.weight").Bytes);
        Assert.Equal([5, 6], Read(reader, Layer + "self_attention.linear_q_down_proj.weight").Bytes);
        Assert.Equal([7], Read(reader, Layer + "self_attention.linear_kv_down_proj.weight").Bytes);
        Assert.Equal([8], Read(reader, Layer + "input_layernorm.weight").Bytes);
        // Transformer Engine's own norm keeps its name.
        Assert.Equal([10], Read(reader, Layer + "pre_mlp_layernorm.weight").Bytes);
    }

    [Theory]
    [InlineData(2, 2, 8, "virtual_pipeline_model_parallel_size=2", "0 1|4 5|2 3|6 7")]
    [InlineData(2, 1, 6, "decoder_first_pipeline_num_layers=2", "0 1|2 3 4 5")]
    [InlineData(3, 1, 6, "num_layer_list=1,4,1", "0|1 2 3 4|5")]
    [InlineData(2, 1, 6, "noop_layers=0,5", ". 0 1|2 3 .")]
    [InlineData(2, 2, 8, "schedules_method=dualpipev", "0 1|6 7|2 3|4 5")]
    [InlineData(2, 2, 5, "pipeline_model_parallel_layout=Et|tt|t|tL", "0|3|1 2|4")]
    [InlineData(2, 2, 5, "pipeline_model_parallel_layout:Et|tt|t|tL", "0|3|1 2|4")]
    [InlineData(2, 2, 5, "pipeline_model_parallel_layout[]Et|tt|t|tL", "0|3|1 2|4")]
    [InlineData(2, 1, 5, "account_for_embedding_in_pipeline_split", "0 1|2 3 4")]
    [Clause("LEG-3.1"), Clause("LEG-3.2")]
    public void LayersHaveTheirNumbersInTheModel(int stages, int chunks, int layers, string rule, string placed)
    {
        // placed: what stage 0's chunks hold, then stage 1's; '.' is a number that no layer has.
        var parts = placed.Split('|').Select(text => text.Split(' ')).ToArray();
        using var files = new RankFiles();
        var args = Args(("tensor_model_parallel_size", 1), ("pipeline_model_parallel_size", stages), ("num_layers", layers), Rule(rule));
        for (var stage = 0; stage < stages; stage++)
        {
            files.Add($"mp_rank_00_{stage:D3}", args, [.. Enumerable.Range(0, chunks).Select(chunk => parts[(stage * chunks) + chunk]
                .Select((layer, local) => (layer, local)).Where(slot => slot.layer != ".").Select(slot => ($"decoder.layers.{slot.local}.input_layernorm.weight", s_one, new[] { byte.Parse(slot.layer) })).ToArray())]);
        }
        using var reader = files.Open();

        var real = parts.SelectMany(part => part).Count(layer => layer != ".");
        Assert.Equal(Enumerable.Range(0, real).Select(layer => $"decoder.layers.{layer}.input_layernorm.weight").Order(StringComparer.Ordinal), reader.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal));
        for (var layer = 0; layer < real; layer++) { Assert.Equal([(byte)layer], Read(reader, $"decoder.layers.{layer}.input_layernorm.weight").Bytes); }
    }

    /// <summary>The layout as text, as the object that Megatron makes of it, and as a list of lists.</summary>
    static (string, object?) Rule(string rule)
    {
        if (!rule.Contains("layout", StringComparison.Ordinal)) { return rule.Split('=') is [var name, var value] ? (name, int.TryParse(value, out var number) ? number : value) : (rule, true); }
        const string Name = "pipeline_model_parallel_layout";
        var text = rule[(Name.Length + 1)..].TrimStart(']');
        if (rule[Name.Length] == '=') { return (Name, text); }
        object list = text.Split('|').Select(stage => (object)stage.Select(letter => (object)(letter switch { 'E' => "embedding", 'L' => "loss", _ => "decoder" })).ToArray()).ToArray();
        if (rule[Name.Length] == '[') { return (Name, list); }
        var made = new Ckpt.Formats.Torch.PickleObject(Ckpt.Formats.Torch.PickleConstruction.NewObject,
            new Ckpt.Formats.Torch.PickleGlobal("megatron.core.transformer.pipeline_parallel_layer_layout", "PipelineParallelLayerLayout"), Ckpt.Formats.Torch.PickleTuple.Empty);
        made.States.Add(new Ckpt.Formats.Torch.PickleDict().Add("input_data", Node(text)));
        return (Name, made);
    }

    [Fact]
    [Clause("LEG-1.5")]
    public void WithoutArgumentsContentsTellStagesFromExperts()
    {
        (string, Shape, byte[]) embedding = ("embedding.word_embeddings.weight", new Shape(1, 1), [1]), norm = ("decoder.final_layernorm.weight", s_one, [2]);
        (string, Shape, byte[]) Layer(byte value) => ("decoder.layers.0.pre_mlp_layernorm.weight", s_one, [value]);
        (string, Shape, byte[]) Expert(byte value) => ("decoder.layers.0.mlp.experts.local_experts.0.linear_fc2.weight", new Shape(1, 1), [value]);
        using var stages = new RankFiles();
        stages.Add("mp_rank_00_000", null, embedding, Layer(3));
        stages.Add("mp_rank_00_001", null, Layer(4), norm);
        using var experts = new RankFiles();
        experts.Add("mp_rank_00_000", null, embedding, Layer(3), Expert(5), norm);
        experts.Add("mp_rank_00_001", null, embedding, Layer(3), Expert(6), norm);
        using var unclear = new RankFiles();
        unclear.Add("mp_rank_00_000", null, embedding, Layer(3), norm);
        unclear.Add("mp_rank_00_001", null, embedding, Layer(3));

        using (var reader = stages.Open()) { Assert.Equal((2, 1, 2), (reader.Layout.Grid.Sizes.Pipeline, reader.Layout.Grid.Sizes.Expert, reader.Layout.Stages.Layers)); }
        using (var reader = experts.Open())
        {
            Assert.Equal((1, 2), (reader.Layout.Grid.Sizes.Pipeline, reader.Layout.Grid.Sizes.Expert));
            Assert.Equal([5, 6], Read(reader, "decoder.layers.0.mlp.experts.experts.linear_fc2.weight").Bytes);
        }
        Assert.Equal("LEG-1.5", Assert.Throws<Ckpt.Formats.UnsupportedCheckpointException>(() => unclear.Open()).Clause);
        using var told = experts.Open(new() { Sizes = new ParallelSizes { Expert = 2 } });
        Assert.Equal(2, told.Layout.Grid.Sizes.Expert);
    }
}
