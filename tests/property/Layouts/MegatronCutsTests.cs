using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Models.Megatron;
using Ckpt.Sharding.Layouts;
using Xunit;

namespace Ckpt.PropertyTests.Layouts;

/// <summary>How parameters are cut, as Megatron-core's modules and mcore-bridge announce it.</summary>
public class MegatronCutsTests
{
    const string Stack = "decoder.layers.";
    const string Seven = "decoder.layers.7.";

    [Theory, Clause("LAY-5.2")]
    [InlineData("embedding.word_embeddings.weight", "vocabulary", PlaceKind.Embedding)]
    [InlineData("embedding.position_embeddings.weight", "replicated", PlaceKind.Embedding)]
    [InlineData("output_layer.weight", "vocabulary", PlaceKind.Output)]
    [InlineData("output_layer.bias", "vocabulary", PlaceKind.Output)]
    [InlineData("decoder.final_layernorm.weight", "replicated", PlaceKind.FinalNorm)]
    [InlineData("decoder.final_norm.weight", "replicated", PlaceKind.FinalNorm)]
    [InlineData("final_layernorm.weight", "replicated", PlaceKind.FinalNorm)]
    [InlineData("language_model.embedding.word_embeddings.weight", "vocabulary", PlaceKind.Embedding)]
    [InlineData("module.decoder.layers.3.mlp.linear_fc1.weight", "gated", PlaceKind.Layer, 3)]
    [InlineData("visual.visual.blocks.0.attn.qkv.weight", "replicated", PlaceKind.FirstStage)]
    [InlineData(Stack + "self_attention.linear_qkv.weight", "columns", PlaceKind.LayerStack)]
    [InlineData(Stack + "self_attention.linear_qkv.bias", "columns", PlaceKind.LayerStack)]
    [InlineData(Stack + "self_attention.linear_qkv.layer_norm_weight", "replicated", PlaceKind.LayerStack)]
    [InlineData(Stack + "self_attention.linear_qkv.layer_norm_bias", "replicated", PlaceKind.LayerStack)]
    [InlineData(Stack + "self_attention.q_layernorm.weight", "replicated", PlaceKind.LayerStack)]
    [InlineData(Stack + "self_attention.core_attention.softmax_offset", "columns", PlaceKind.LayerStack)]
    [InlineData(Stack + "self_attention.linear_proj.weight", "rows", PlaceKind.LayerStack)]
    [InlineData(Stack + "self_attention.linear_proj.bias", "replicated", PlaceKind.LayerStack)]
    [InlineData(Stack + "mlp.linear_fc1.bias", "gated", PlaceKind.LayerStack)]
    [InlineData(Stack + "mlp.linear_fc1.layer_norm_weight", "replicated", PlaceKind.LayerStack)]
    [InlineData(Stack + "mlp.linear_fc2.weight", "rows", PlaceKind.LayerStack)]
    [InlineData(Stack + "mlp.linear_fc2.bias", "replicated", PlaceKind.LayerStack)]
    [InlineData(Seven + "input_layernorm.weight", "replicated", PlaceKind.Layer, 7)]
    [InlineData(Seven + "post_self_attn_layernorm.weight", "replicated", PlaceKind.Layer, 7)]
    [InlineData(Seven + "post_attn_norm.weight", "replicated", PlaceKind.Layer, 7)]
    [InlineData(Seven + "mlp.router.weight", "replicated", PlaceKind.Layer, 7)]
    [InlineData(Seven + "mlp.router.expert_bias", "replicated", PlaceKind.Layer, 7)]
    [InlineData(Seven + "mlp.shared_experts.linear_fc1.weight", "gated", PlaceKind.Layer, 7)]
    [InlineData(Seven + "mlp.shared_experts.linear_fc2.weight", "rows", PlaceKind.Layer, 7)]
    [InlineData(Seven + "mlp.shared_experts.gate_weight", "replicated", PlaceKind.Layer, 7)]
    [InlineData(Seven + "mlp.experts.experts.linear_fc1.weight", "experts' gated", PlaceKind.Layer, 7)]
    [InlineData(Seven + "mlp.experts.experts.linear_fc1.bias", "experts' gated", PlaceKind.Layer, 7)]
    [InlineData(Seven + "mlp.experts.experts.linear_fc2.weight", "experts' rows", PlaceKind.Layer, 7)]
    [InlineData(Seven + "mlp.experts.experts.linear_fc2.bias", "experts' replicated", PlaceKind.Layer, 7)]
    [InlineData(Seven + "self_attention.linear_q_proj.weight", "columns", PlaceKind.Layer, 7)]
    [InlineData(Seven + "self_attention.linear_q_down_proj.weight", "replicated", PlaceKind.Layer, 7)]
    [InlineData(Seven + "self_attention.linear_kv_down_proj.weight", "replicated", PlaceKind.Layer, 7)]
    [InlineData(Seven + "self_attention.linear_q_up_proj.weight", "columns", PlaceKind.Layer, 7)]
    [InlineData(Seven + "self_attention.linear_kv_up_proj.layer_norm_weight", "replicated", PlaceKind.Layer, 7)]
    [InlineData(Seven + "self_attention.core_attention.indexer.linear_wq_b.weight", "replicated", PlaceKind.Layer, 7)]
    [InlineData(Seven + "self_attention.core_attention.indexer.k_norm.bias", "replicated", PlaceKind.Layer, 7)]
    [InlineData(Seven + "self_attention.dsa_indexer.weights_proj.weight", "replicated", PlaceKind.Layer, 7)]
    [InlineData(Seven + "self_attention.linear_qk_rope.weight", "columns", PlaceKind.Layer, 7)]
    [InlineData(Seven + "self_attention.in_proj.weight", "columns", PlaceKind.Layer, 7)]
    [InlineData(Seven + "self_attention.in_proj.weight.query", "columns", PlaceKind.Layer, 7)]
    [InlineData(Seven + "self_attention.in_proj.weight.V12", "columns", PlaceKind.Layer, 7)]
    [InlineData(Seven + "self_attention.in_proj.layer_norm_weight", "replicated", PlaceKind.Layer, 7)]
    [InlineData(Seven + "self_attention.in_proj_qkvz.weight", "columns", PlaceKind.Layer, 7)]
    [InlineData(Seven + "self_attention.conv1d.weight.key", "columns", PlaceKind.Layer, 7)]
    [InlineData(Seven + "self_attention.dt_bias", "columns", PlaceKind.Layer, 7)]
    [InlineData(Seven + "self_attention.A_log", "columns", PlaceKind.Layer, 7)]
    [InlineData(Seven + "self_attention.out_norm.weight", "replicated", PlaceKind.Layer, 7)]
    [InlineData(Seven + "self_attention.out_proj.weight", "rows", PlaceKind.Layer, 7)]
    [InlineData(Seven + "mixer.in_proj.weight.dt", "columns", PlaceKind.Layer, 7)]
    [InlineData(Seven + "mixer.conv1d.bias.B", "columns", PlaceKind.Layer, 7)]
    [InlineData(Seven + "mixer.D", "columns", PlaceKind.Layer, 7)]
    [InlineData(Seven + "mixer.norm.weight", "columns", PlaceKind.Layer, 7)]
    [InlineData(Seven + "mixer.out_proj.weight", "rows", PlaceKind.Layer, 7)]
    [InlineData(Seven + "norm.weight", "replicated", PlaceKind.Layer, 7)]
    [InlineData(Seven + "mlp_hyper_connection.mapping_proj.weight", "replicated", PlaceKind.Layer, 7)]
    [InlineData("mtp.layers.1.eh_proj.weight", "columns", PlaceKind.Mtp, 1)]
    [InlineData("mtp.layers.1.enorm.weight", "replicated", PlaceKind.Mtp, 1)]
    [InlineData("mtp.layers.0.final_layernorm.weight", "replicated", PlaceKind.Mtp)]
    [InlineData("mtp.final_layernorms.1.weight", "replicated", PlaceKind.Mtp, 1)]
    [InlineData("mtp.layers.1.transformer_layer.mlp.linear_fc1.weight", "gated", PlaceKind.Mtp, 1)]
    [InlineData("mtp.layers.1.mtp_model_layer.mlp.experts.experts.linear_fc2.weight", "experts' rows", PlaceKind.Mtp, 1)]
    [InlineData(Stack + "mlp.linear_fc1.weight_w", "columns", PlaceKind.LayerStack)]
    [InlineData(Seven + "self_attention.linear_qkv.base_layer.weight", "columns", PlaceKind.Layer, 7)]
    [InlineData(Seven + "self_attention.linear_qkv.base_layer.layer_norm_weight", "replicated", PlaceKind.Layer, 7)]
    [InlineData("output_layer.modules_to_save.default.weight", "vocabulary", PlaceKind.Output)]
    [InlineData(Stack + "self_attention.linear_qkv.lora_A.default.weight", "replicated", PlaceKind.LayerStack)]
    [InlineData(Stack + "self_attention.linear_qkv.lora_B.default.weight", "columns", PlaceKind.LayerStack)]
    [InlineData(Stack + "self_attention.linear_proj.lora_A.default.weight", "rows", PlaceKind.LayerStack)]
    [InlineData(Stack + "self_attention.linear_proj.lora_B.default.weight", "replicated", PlaceKind.LayerStack)]
    [InlineData(Stack + "mlp.linear_fc1.lora_A.default.weight", "replicated", PlaceKind.LayerStack)]
    [InlineData(Stack + "mlp.linear_fc1.lora_B.ref_adapter.weight", "gated", PlaceKind.LayerStack)]
    [InlineData(Stack + "mlp.router.lora_B.default.weight", "replicated", PlaceKind.LayerStack)]
    [InlineData(Stack + "mlp.experts.experts.linear_fc1.lora_A.default.weight", "experts' replicated", PlaceKind.LayerStack)]
    [InlineData(Stack + "mlp.experts.experts.linear_fc2.lora_A.default.weight", "experts' rows", PlaceKind.LayerStack)]
    public void AKeySaysHowItsTensorIsCut(string key, string cut, PlaceKind place, int index = 0)
    {
        var found = new MegatronCuts().Find(key);
        Assert.Equal((cut, new TensorPlace(place, index), key, key), (found.Cut.Name, found.Place, found.Key, found.Parameter));
        Assert.Null(found.State);
    }

    /// <summary>Each parameter of the models that Megatron-core saved; shapes fit their cuts.</summary>
    [Fact, Clause("LAY-5.2")]
    public void EveryTensorOfARealModelIsKnown()
    {
        foreach (var name in LayoutModels.Real)
        {
            var (tensors, layers, _) = LayoutModels.Of(name);
            Assert.True(tensors.Count >= 9, name);
            var layout = ParallelLayout.Of(layers, new ParallelSizes { Tensor = 2 });
            foreach (var tensor in tensors) { layout.Check(tensor); }
        }
    }

    [Fact, Clause("LAY-5.2")]
    public void OptionsSayWhatNamesDoNot()
    {
        Is("columns", Stack + "mlp.linear_fc1.weight", new() { Gated = false });
        Is("experts' columns", Stack + "mlp.experts.experts.linear_fc1.weight", new() { Gated = false });
        Is("replicated", "output_layer.weight", new() { HeadIsClassifier = true });
        Is("vocabulary", "embedding.word_embeddings.weight", new() { HeadIsClassifier = true });
        Is("replicated", Seven + "self_attention.linear_qkv.weight", new() { LatentQkvIsFused = true });
        Is("columns", Seven + "self_attention.linear_kv_down_proj.weight", new() { LatentDownIsCut = true });
        foreach (var path in new[] { "in_proj_qkvz.weight", "in_proj_ba.weight", "conv1d.weight", "out_proj.weight", "A_log", "dt_bias" })
        {
            Is("replicated", Seven + "self_attention." + path, new() { LinearAttention = LinearAttentionForm.Whole });
        }
        Is("columns", Seven + "mixer.A_log", new() { LinearAttention = LinearAttentionForm.Whole });
        var sections = new MegatronCutOptions { LinearAttention = LinearAttentionForm.BySection, InProjSections = [4, 4, 8, 8, 2, 2], ConvSections = [4, 4, 8] };
        Assert.Equal([4, 4, 8, 8, 2, 2], new MegatronCuts(sections).Find(Seven + "self_attention.in_proj.weight").Cut.Sections);
        Assert.Equal([4, 4, 8], new MegatronCuts(sections).Find(Seven + "self_attention.conv1d.weight").Cut.Sections);
        Is("columns", Seven + "self_attention.in_proj.weight.query", sections);
        Assert.Throws<ArgumentException>(() => new MegatronCuts(new() { LinearAttention = LinearAttentionForm.BySection }));
    }

    [Theory, Clause("LAY-5.2")]
    [InlineData(LinearAttentionForm.Whole, false, "self_attention.norm.weight", "self_attention.in_proj_qkvz.weight", "self_attention.linear_qkv.weight")]
    [InlineData(LinearAttentionForm.ByHead, false, "self_attention.out_norm.weight", "self_attention.in_proj_qkvz.weight", "self_attention.linear_qkv.weight")]
    [InlineData(LinearAttentionForm.ByHead, true, "self_attention.linear_qkv.weight", "self_attention.linear_kv_up_proj.weight")]
    [InlineData(LinearAttentionForm.ByHead, true, "self_attention.linear_qkv.weight", "self_attention.linear_kv_nope.weight")]
    [InlineData(LinearAttentionForm.ByHead, false, "self_attention.linear_kv_down_proj.weight", "self_attention.linear_kv_up_proj.weight")]
    public void KeysTellTheFormOfAttention(LinearAttentionForm form, bool fused, params string[] paths)
    {
        var options = MegatronCutOptions.FromKeys(paths.Select(path => Seven + path));
        Assert.Equal((form, fused), (options.LinearAttention, options.LatentQkvIsFused));
    }

    /// <summary>B of a gated layer: logically gate and up apart, in torch_dist rank behind rank.</summary>
    [Fact, Clause("LAY-5.2"), Clause("LAY-4.9")]
    public void BOfAGatedLayerIsStoredByRank()
    {
        var cuts = new MegatronCuts();
        var found = cuts.Find(Stack + "mlp.linear_fc1.lora_B.default.weight");
        Assert.True(found.IsStoredByRank);
        Assert.Equal(("gated", "columns"), (found.Of(new Shape(4, 192, 8)).Cut.Name, found.StoredOf(new Shape(4, 192, 8)).Cut.Name));
        Assert.True(cuts.Find(Stack + "mlp.experts.experts.linear_fc1.lora_B.default.weight") is { IsStoredByRank: true } expert && expert.StoredOf(new Shape(1, 8, 4, 2)).Cut.Name == "experts' columns");
        Assert.False(cuts.Find(Stack + "self_attention.linear_qkv.lora_B.default.weight").IsStoredByRank);
        Assert.False(cuts.Find(Stack + "mlp.linear_fc1.weight").IsStoredByRank);
        Assert.False(new MegatronCuts(new() { Gated = false }).Find(Stack + "mlp.linear_fc1.lora_B.default.weight").IsStoredByRank);
    }

    [Theory, Clause("LAY-5.4")]
    [InlineData("optimizer.state.exp_avg.decoder.layers.mlp.linear_fc1.weight", "exp_avg", "decoder.layers.mlp.linear_fc1.weight", "gated")]
    [InlineData("optimizer.state.fp32_param.output_layer.weight", "fp32_param", "output_layer.weight", "vocabulary")]
    [InlineData("chained_0.optimizer.state.param.decoder.final_layernorm.weight", "param", "decoder.final_layernorm.weight", "replicated")]
    [InlineData("chained_0.chained_12.optimizer.state.momentum_buffer.decoder.layers.3.mlp.linear_fc2.weight", "momentum_buffer", "decoder.layers.3.mlp.linear_fc2.weight", "rows")]
    public void AnOptimizersStateIsCutAsItsParameter(string key, string state, string parameter, string cut)
    {
        var found = new MegatronCuts().Find(key);
        Assert.Equal((state, parameter, cut), (found.State, found.Parameter, found.Cut.Name));
        Assert.Equal(new MegatronCuts().Find(parameter).Place, found.Place);
    }

    [Theory, Clause("LAY-5.4")]
    [InlineData("optimizer.distributed.dp_group_idx_0.gbuf_idx_0.dtype_(torch.bfloat16, torch.float32).bucket_idx_0.exp_avg")]
    [InlineData("chained_1.optimizer.distributed.dp_group_idx_0.param_state")]
    public void AnOptimizersBufferIsRefused(string key) => Refused<UnsupportedCheckpointException>("LAY-5.4", "an optimizer's buffer", () => new MegatronCuts().TryFind(key));

    [Theory, Clause("LAY-5.1")]
    [InlineData("decoder.layers.7.self_attention.some_proj.weight", "--tensor_cut 'decoder.layers.*.self_attention.some_proj.weight=KIND'")]
    [InlineData("decoder.layers.mlp.linear_fc1.weight_q", "weight_q")]
    [InlineData("decoder.layers.mlp.linear_fc1", "linear_fc1")]
    [InlineData("decoder.layers.99999999999.mlp.linear_fc1.weight", "99999999999")]
    [InlineData("decoder.layers.", "decoder.layers.")]
    [InlineData("mtp.layers.x.enorm.weight", "enorm")]
    [InlineData("mtp.layers.0.mlp.linear_fc1.weight", "linear_fc1")]
    [InlineData("decoder.layers.mlp.experts.experts.weight", "experts")]
    [InlineData("decoder.layers.self_attention.linear_qkv.weight.query", "query")]
    [InlineData("decoder.layers.self_attention.linear_qkv.lora_A.weight", "lora_A")]
    [InlineData("decoder.layers.self_attention.linear_qkv.lora_C.default.weight", "lora_C")]
    [InlineData("encoder.layers.0.mlp.linear_fc1.weight", "encoder")]
    [InlineData("optimizer.state.exp_avg.some.thing", "some.thing")]
    [InlineData("weight", "weight")]
    [InlineData("", "''")]
    [InlineData("a\nb", "a\\u000ab")]
    public void AnUnknownKeyIsRefusedWithTheRuleThatWouldDo(string key, string says)
    {
        Assert.Null(new MegatronCuts().TryFind(key));
        Refused<UnsupportedCheckpointException>("LAY-5.1", says, () => new MegatronCuts().Find(key));
    }

    [Theory, Clause("LAY-5.3")]
    [InlineData("decoder.layers.*.some_proj.weight=rows", "decoder.layers.3.some_proj.weight", "rows", PlaceKind.Layer)]
    [InlineData("decoder.layers.*.some_proj.weight=expert-gated", "decoder.layers.3.some_proj.weight", "experts' gated", PlaceKind.Layer)]
    [InlineData("vision_model.*=replicated", "vision_model.conv1.weight", "replicated", PlaceKind.FirstStage)]
    [InlineData("reward.weight=columns@last", "reward.weight", "columns", PlaceKind.Output)]
    [InlineData("*=replicated@first", "what.ever", "replicated", PlaceKind.FirstStage)]
    [InlineData("decoder.layers.mlp.linear_fc1.weight=columns", "optimizer.state.exp_avg.decoder.layers.mlp.linear_fc1.weight", "columns", PlaceKind.LayerStack)]
    public void AUsersRuleComesFirst(string rule, string key, string cut, PlaceKind place)
    {
        var found = new MegatronCuts(new() { Overrides = [CutOverride.Parse("nothing=rows"), CutOverride.Parse(rule), CutOverride.Parse("*=gated")] }).Find(key);
        Assert.Equal((cut, place), (found.Cut.Name, found.Place.Kind));
    }

    [Theory, Clause("LAY-5.3")]
    [InlineData("weight")]
    [InlineData("=rows")]
    [InlineData("a=diagonal")]
    [InlineData("a=expert-vocabulary")]
    [InlineData("a=rows@middle")]
    [InlineData("")]
    public void ATextThatIsNoRuleIsRefused(string text) => Refused<LayoutException>("LAY-5.3", "PATTERN=KIND", () => CutOverride.Parse(text));

    [Fact, Clause("LAY-5.5")]
    public void AnExpertOfItsOwnHasANumberOfTheModels()
    {
        const string Key = "decoder.layers.2.mlp.experts.experts.5.linear_fc1.weight_v";
        var found = new MegatronCuts(new() { Experts = 8 }).Find(Key);
        Assert.Equal((new ExpertNumber(5, 8), "experts' columns"), (found.Expert, found.Cut.Name));
        Assert.Equal(0, found.Of(new Shape(4, 4)).LeadingAxes);
        Refused<UnsupportedCheckpointException>("LAY-5.5", "the number of experts is not known", () => new MegatronCuts().Find(Key));
        Refused<MalformedCheckpointException>("LAY-5.5", "expert 5, the model has 5", () => new MegatronCuts(new() { Experts = 5 }).Find(Key));
    }

    static void Is(string cut, string key, MegatronCutOptions options) => Assert.Equal(cut, new MegatronCuts(options).Find(key).Cut.Name);

    static void Refused<T>(string clause, string says, Action action) where T : CheckpointException
    {
        var error = Assert.Throws<T>(action);
        Assert.Equal(clause, error.Clause);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }
}
