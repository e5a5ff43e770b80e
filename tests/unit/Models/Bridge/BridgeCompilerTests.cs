using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Models.Bridge;
using Ckpt.Models.Families;
using Ckpt.Sharding.Maps;
using Xunit;

namespace Ckpt.UnitTests.Models.Bridge;

public class BridgeCompilerTests
{
    [Fact, Clause("NAM-1.6")]
    public void MixedLayersAreNamedOneByOne()
    {
        var names = TestModels.Map("qwen3_moe-mixed").Right.Tensors.Select(tensor => tensor.Name).ToHashSet();
        Assert.Contains("decoder.layers.0.mlp.linear_fc1.weight", names);
        Assert.Contains("decoder.layers.0.mlp.linear_fc1.layer_norm_weight", names);
        Assert.Contains("decoder.layers.1.mlp.experts.experts.linear_fc1.weight", names);
        Assert.Contains("decoder.layers.1.pre_mlp_layernorm.weight", names);
        Assert.DoesNotContain("decoder.layers.5.mlp.router.weight", names);
        Assert.DoesNotContain("decoder.layers.1.mlp.linear_fc1.weight", names);
    }

    [Fact, Clause("NAM-1.6")]
    public void MixedLayersCannotBeStacked()
    {
        var error = Assert.Throws<LayoutException>(() => TestModels.Map("qwen3_moe-mixed", new BridgeOptions { KeyForm = KeyForm.Stacked }));
        Assert.Equal("NAM-1.6", error.Clause);
        Assert.Contains("3 of 8 layers have experts", error.Message, StringComparison.Ordinal);
    }

    [Fact, Clause("NAM-1.4"), Clause("NAM-1.5")]
    public void AStackedExpertTensorHasLayersThenExperts()
    {
        var map = TestModels.Map("qwen3-30b-a3b");
        Assert.Equal(new Shape(48, 128, 1536, 2048), Shape(map.Right, "decoder.layers.mlp.experts.experts.linear_fc1.weight"));
        var perLayer = TestModels.Map("qwen3-30b-a3b", new BridgeOptions { KeyForm = KeyForm.PerLayer });
        Assert.Equal(new Shape(128, 1536, 2048), Shape(perLayer.Right, "decoder.layers.47.mlp.experts.experts.linear_fc1.weight"));
    }

    [Fact, Clause("NAM-1.11")]
    public void TheNormBeforeExpertsIsFoundUnderItsOtherName()
    {
        var present = TestModels.Map("qwen3-30b-a3b").Right.Tensors.Select(tensor => tensor.Name.Replace("pre_mlp_layernorm.weight", "mlp.linear_fc1.layer_norm_weight", StringComparison.Ordinal)).ToHashSet();
        var map = TestModels.Map("qwen3-30b-a3b", new BridgeOptions { MegatronHas = present.Contains });
        Assert.True(present.SetEquals(map.Right.Tensors.Select(tensor => tensor.Name)));
        var norm = map.Links.First(link => map.Right.Tensors[link.Right].Name == "decoder.layers.mlp.linear_fc1.layer_norm_weight");
        Assert.Equal("model.layers.0.post_attention_layernorm.weight", map.Left.Tensors[norm.Left].Name);
    }

    [Fact, Clause("NAM-2.2")]
    public void PaddingCannotTakeRows()
    {
        var error = Assert.Throws<LayoutException>(() => TestModels.Map("tiny-llama", new BridgeOptions { PaddedVocab = 258 }));
        Assert.Equal("NAM-2.2", error.Clause);
        Assert.Contains("258 padded rows", error.Message, StringComparison.Ordinal);
        Assert.Equal("NAM-2.2", Assert.Throws<LayoutException>(() => TestModels.Map("tiny-llama", new BridgeOptions { PaddedVocab = long.MaxValue })).Clause);
    }

    [Fact, Clause("NAM-3.1")]
    public void ATiedOutputLayerIsAnotherNameOfTheEmbedding()
    {
        var map = TestModels.Map("tiny-qwen2", new BridgeOptions { PaddedVocab = 260 });
        var left = Assert.Single(map.Left.Aliases);
        Assert.Equal(("lm_head.weight", "model.embed_tokens.weight"), (left.Name, map.Left.Tensors[left.Of].Name));
        var right = Assert.Single(map.Right.Aliases);
        Assert.Equal(("output_layer.weight", "embedding.word_embeddings.weight"), (right.Name, map.Right.Tensors[right.Of].Name));
        Assert.DoesNotContain(map.Left.Tensors, tensor => tensor.Name == "lm_head.weight");
        Assert.DoesNotContain(map.Right.Tensors, tensor => tensor.Name == "output_layer.weight");
        var untied = TestModels.Map("tiny-qwen2-untied");
        Assert.Empty(untied.Left.Aliases);
        Assert.Contains(untied.Left.Tensors, tensor => tensor.Name == "lm_head.weight");
    }

    [Theory, Clause("NAM-3.2")]
    [InlineData("model.layers.3.self_attn.rotary_emb.inv_freq")]
    [InlineData("model.rotary_emb.inv_freq")]
    [InlineData("layers.3.self_attn.masked_bias")]
    public void OldBuffersAreLeftOut(string name) => Assert.Single(TestModels.Map("tiny-llama").Left.Drops, drop => drop.Names.IsMatch(name));

    [Theory, Clause("NAM-3.2")]
    [InlineData("optimizer.state.exp_avg.decoder.layers.mlp.linear_fc1.weight")]
    [InlineData("optimizer.distributed.dp_group_idx_0.gbuf_idx_0.dtype_(torch.bfloat16, torch.float32).bucket_idx_0.exp_avg")]
    [InlineData("chained_1.optimizer.state.fp32_param.decoder.final_layernorm.weight")]
    [InlineData("rng_state/shard_0.0_1.1")]
    [InlineData("common_state/shard_0_1")]
    [InlineData("decoder.layers.mlp.linear_fc1._extra_state/shard_0_4")]
    public void TrainingStateIsLeftOut(string name) => Assert.Single(TestModels.Map("tiny-llama").Right.Drops, drop => drop.Names.IsMatch(name));

    [Fact, Clause("NAM-3.3")]
    public void BareNamesAreReadAndHaveNoOutputLayer()
    {
        var bare = TestModels.Map("qwen3-8b").Left.Tensors.Select(tensor => tensor.Name).Where(name => name != "lm_head.weight").Select(name => name["model.".Length..]).ToHashSet();
        var map = TestModels.Map("qwen3-8b", new BridgeOptions { HfHas = bare.Contains });
        Assert.True(bare.SetEquals(map.Left.Tensors.Select(tensor => tensor.Name)));
        Assert.DoesNotContain(map.Right.Tensors, tensor => tensor.Name == "output_layer.weight");
        Assert.Equal("embed_tokens.weight", map.Left.Tensors[0].Name);
    }

    [Fact, Clause("NAM-3.3")]
    public void ABaseClassIsWrittenWithBareNames() => Assert.Equal("norm.weight", TestModels.Map("llama-biased").Left.Tensors[^1].Name);

    [Fact, Clause("NAM-2.1")]
    public void PaddingRowsAreNamedByTheirRule()
    {
        var map = TestModels.Map("tiny-llama", new BridgeOptions { PaddedVocab = 384 });
        Assert.Equal(2, map.Right.Paddings.Count);
        Assert.All(map.Right.Paddings, padding => Assert.Equal(new Box([259, 0], [125, 64]), padding.Box));
        Assert.All(map.Right.Paddings, padding => Assert.Equal("vocabulary padding: rows 259 to 383 belong to no token", padding.Rule));
        Assert.Empty(map.Left.Paddings);
    }

    [Fact, Clause("NAM-1.1")]
    public void APartThatGroupsDoNotDivideIsRefused()
    {
        var family = FamilyCatalog.Find("llama");
        var uneven = family with { Rows = [.. family.Rows, FamilyRow.Interleave(Each.Layer, Dim.KvGroups, "decoder.layers.{L}.odd", [], ("model.layers.{L}.odd", Dim.Vocab))] };
        var error = Assert.Throws<LayoutException>(() => BridgeCompiler.Compile(uneven, TestModels.Read("tiny-llama").Model, new BridgeOptions()));
        Assert.Equal("NAM-1.1", error.Clause);
        Assert.Contains("259 rows cannot be dealt out evenly over 2 groups", error.Message, StringComparison.Ordinal);
    }

    // Not families yet, but the same concept: both sides deal the same parts out over groups of their own.
    [Fact, Clause("NAM-1.1")]
    public void GroupsOnBothSidesMeetInPieces()
    {
        // Hugging Face: per head its query, then its gate. Megatron: per group all queries, then all gates, then the key.
        var row = new FamilyRow(Each.Layer, [Dim.QueryRows, Dim.QueryRows, Dim.KeyRows], [],
            [new("q", Dim.Heads, 0, 1), new("k", Dim.One, 2)], [new("qgk", Dim.KvGroups, 0, 1, 2)]);
        var pieces = RowPiece.Of(row, dim => dim switch { Dim.Heads => 4, Dim.KvGroups => 2, Dim.QueryRows => 8, Dim.KeyRows => 4, _ => 1 });
        Assert.Equal(
            [
                Piece(0, 0, 0, 0, 2), Piece(0, 4, 0, 2, 2), Piece(0, 2, 0, 4, 2), Piece(0, 6, 0, 6, 2), Piece(1, 0, 0, 8, 2),
                Piece(0, 8, 0, 10, 2), Piece(0, 12, 0, 12, 2), Piece(0, 10, 0, 14, 2), Piece(0, 14, 0, 16, 2), Piece(1, 2, 0, 18, 2),
            ], pieces);
    }

    [Fact, Clause("NAM-1.3")]
    public void PartsThatLieTogetherOnBothSidesAreOneLink()
    {
        var map = TestModels.Map("tiny-qwen3_moe", new BridgeOptions { Choices = new Dictionary<string, string> { ["experts"] = "fused" } });
        var fc1 = map.Links.Where(link => map.Right.Tensors[link.Right].Name == "decoder.layers.mlp.experts.experts.linear_fc1.weight").ToArray();
        Assert.Equal(4, fc1.Length);
        Assert.Equal(new Box([0, 0, 0], [8, 64, 64]), fc1[1].LeftBox);
        Assert.Equal(new Box([1, 0, 0, 0], [1, 8, 64, 64]), fc1[1].RightBox);
    }

    [Fact]
    public void ThirtySixThousandTensorsAreAFewMegabytes()
    {
        // Qwen3-235B-A22B.
        var config = TestModels.Read("qwen3-30b-a3b");
        var model = config.Model with { Layers = 94, Hidden = 4096, Heads = 64, Ffn = 12288, MoeFfn = 1536 };
        var before = GC.GetAllocatedBytesForCurrentThread();
        var map = BridgeCompiler.Compile(config.Family, model, new BridgeOptions());
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal((94 * ((128 * 3) + 9)) + 3, map.Left.Tensors.Count);
        Assert.Equal(12, map.Right.Tensors.Count);
        Assert.Equal((94 * ((128 * 3) + (3 * 4) + 6)) + 3, map.Links.Count);
        Assert.InRange(allocated, 0, 40_000_000);
    }

    static Shape Shape(MapSide side, string name) => side.Tensors.Single(tensor => tensor.Name == name).Shape;

    static RowPiece Piece(int hf, long hfOffset, int megatron, long megatronOffset, long length) => new(new RowPlace(hf, hfOffset, 0), new RowPlace(megatron, megatronOffset, 0), length);
}
