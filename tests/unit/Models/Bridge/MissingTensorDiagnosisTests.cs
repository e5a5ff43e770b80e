using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Models.Bridge;
using Ckpt.Sharding.Maps;
using Xunit;

namespace Ckpt.UnitTests.Models.Bridge;

public class MissingTensorDiagnosisTests
{
    [Theory, Clause("NAM-5.1"), Clause("NAM-5.2"), Clause("NAM-5.3"), Clause("NAM-3.1"), Clause("NAM-3.2")]
    [InlineData("tiny-llama")]
    [InlineData("tiny-qwen2")]
    [InlineData("tiny-qwen3_moe")]
    public void NothingIsSaidOfACheckpointThatIsAsItMustBe(string name)
    {
        var map = TestModels.Map(name);
        var model = TestModels.Read(name).Model;
        var (hf, megatron) = (Shapes(map.Left), Shapes(map.Right));
        hf["model.layers.0.self_attn.rotary_emb.inv_freq"] = new Shape(8);
        megatron["optimizer.state.exp_avg.decoder.final_layernorm.weight"] = new Shape(64);
        if (model.TieWordEmbeddings) { (hf["lm_head.weight"], megatron["output_layer.weight"]) = (new Shape(259, 64), new Shape(259, 64)); }
        Assert.Empty(MissingTensorDiagnosis.Explain(map, model, hf));
        Assert.Empty(MissingTensorDiagnosis.Explain(map.Reverse(), model, megatron));
    }

    [Theory, Clause("NAM-5.1")]
    [InlineData("tiny-llama", "lm_head.weight", "output_layer.weight [259, 64] cannot be made without it. config.json says tie_word_embeddings false but there is no lm_head.weight")]
    [InlineData("tiny-qwen2", "model.layers.2.self_attn.q_proj.bias", "model.layers.2.self_attn.q_proj.bias is missing, expected [64]; decoder.layers.self_attention.linear_qkv.bias [4, 128] cannot be made without it. A qwen2 config")]
    [InlineData("tiny-qwen3", "model.layers.0.self_attn.q_norm.weight", "A qwen3 model normalises queries and keys")]
    [InlineData("tiny-qwen3_moe", "model.layers.1.mlp.experts.7.up_proj.weight", "config.json says 8 experts a layer")]
    [InlineData("tiny-llama", "model.norm.weight", "A file of the checkpoint may be missing")]
    public void AMissingHuggingFaceTensorIsNamedWithWhatNeedsItAndACause(string model, string name, string says) => Says(TensorFaultKind.Missing, [name], says, Without(model, false, [name]));

    [Theory, Clause("NAM-5.1")]
    [InlineData("tiny-llama", "output_layer.weight", "lm_head.weight [259, 64] cannot be made without it. config.json says tie_word_embeddings false but there is no output_layer.weight")]
    [InlineData("tiny-qwen3", "decoder.layers.self_attention.q_layernorm.weight", "A qwen3 model normalises queries and keys")]
    [InlineData("tiny-qwen3_moe", "decoder.layers.mlp.router.weight", "model.layers.3.mlp.gate.weight [8, 64] cannot be made without it. config.json says 8 experts a layer")]
    public void AMissingMegatronTensorIsNamedWithWhatNeedsItAndACause(string model, string name, string says) => Says(TensorFaultKind.Missing, [name], says, Without(model, true, [name]));

    [Fact, Clause("NAM-5.1")]
    public void LayersThatStopEarlyAreOneFaultForEachKind()
    {
        var names = Shapes(TestModels.Map("tiny-llama").Left).Keys.Where(name => name.Contains(".2.", StringComparison.Ordinal) || name.Contains(".3.", StringComparison.Ordinal)).ToArray();
        var faults = Without("tiny-llama", false, names);
        Assert.Equal(9, faults.Count);
        Assert.All(faults, fault => Assert.Equal(2, fault.Names.Count));
        Assert.All(faults, fault => Assert.Contains("Names stop at layer 1, config.json says num_hidden_layers 4", fault.Text, StringComparison.Ordinal));
        Assert.StartsWith("model.layers.*.self_attn.q_proj.weight (2 tensors, the first is model.layers.2.self_attn.q_proj.weight) is missing", faults[0].Text, StringComparison.Ordinal);
    }

    [Fact, Clause("NAM-5.1")]
    public void ALongerBeginningOfAllNamesIsFound()
    {
        var map = TestModels.Map("tiny-llama");
        var present = Shapes(map.Left).ToDictionary(entry => "base_model." + entry.Key, entry => entry.Value);
        var faults = MissingTensorDiagnosis.Explain(map, TestModels.Read("tiny-llama").Model, present);
        Assert.Contains("base_model.model.embed_tokens.weight is there: names begin with base_model.", faults[0].Text, StringComparison.Ordinal);
    }

    [Theory, Clause("NAM-5.2")]
    [InlineData("tiny-llama", "model.layers.0.self_attn.q_proj.bias", "A llama config with these keys has no bias here")]
    [InlineData("tiny-llama", "model.layers.4.input_layernorm.weight", "config.json says num_hidden_layers 4: layers behind that may predict further tokens (MTP)")]
    [InlineData("tiny-llama", "model.layers.0.mlp.down_proj.weight_scale_inv", "The weights are quantised (config.json does not say how)")]
    [InlineData("qwen3_moe-mixed", "model.layers.0.mlp.down_proj.weight_scale_inv", "The weights are quantised (fp8)")]
    [InlineData("tiny-llama", "base_model.model.model.layers.0.mlp.down_proj.lora_A.weight", "It is part of an adapter")]
    [InlineData("tiny-qwen2", "model.layers.0.self_attn.k_norm.weight", "model_type may be another model's (qwen3)")]
    [InlineData("tiny-qwen3", "model.layers.0.mlp.experts.0.up_proj.weight", "A qwen3 model has no experts")]
    [InlineData("tiny-qwen3_moe", "model.layers.0.mlp.experts.8.up_proj.weight", "config.json says 8 experts a layer")]
    [InlineData("tiny-qwen3_moe", "model.layers.0.mlp.shared_expert.up_proj.weight", "has no shared experts")]
    [InlineData("tiny-llama", "score.weight", "head of a classification model")]
    [InlineData("tiny-llama", "visual.patch_embed.weight", "vision or audio tower")]
    [InlineData("tiny-llama", "mtp.fc.weight", "predict further tokens")]
    [InlineData("tiny-llama", "something", "No row of the llama table names it")]
    public void AnUnknownTensorIsNamedWithACause(string model, string name, string says)
    {
        var map = TestModels.Map(model);
        var present = Shapes(map.Left);
        present[name] = new Shape(3, 5);
        Says(TensorFaultKind.Extra, [name], says, MissingTensorDiagnosis.Explain(map, TestModels.Read(model).Model, present));
    }

    [Theory, Clause("NAM-5.3")]
    [InlineData("tiny-llama", false, "model.embed_tokens.weight", new long[] { 320, 64 }, "is [320, 64], config.json makes it [259, 64]. It has 61 rows more than the vocabulary of 259: the vocabulary was padded")]
    [InlineData("tiny-llama", false, "lm_head.weight", new long[] { 200, 64 }, "59 rows fewer than config.json's vocab_size 259")]
    [InlineData("tiny-llama", false, "model.norm.weight", new long[] { 128 }, "The hidden size there is 128, config.json says hidden_size 64")]
    [InlineData("tiny-llama", false, "model.layers.0.mlp.gate_proj.weight", new long[] { 64, 96 }, "It is transposed")]
    [InlineData("tiny-llama", false, "model.layers.0.mlp.gate_proj.weight", new long[] { 100, 64 }, "The feed-forward width there is 100, config.json makes it 96")]
    [InlineData("tiny-llama", false, "model.layers.0.mlp.down_proj.weight", new long[] { 64, 100 }, "The feed-forward width there is 100, config.json makes it 96")]
    [InlineData("tiny-llama", false, "model.layers.0.self_attn.q_proj.weight", new long[] { 128, 64 }, "That is 4 heads of 32, config.json makes them 16 wide (head_dim)")]
    [InlineData("tiny-llama", false, "model.layers.0.self_attn.o_proj.weight", new long[] { 64, 128 }, "That is 4 heads of 32")]
    [InlineData("tiny-llama", false, "model.layers.0.self_attn.k_proj.weight", new long[] { 64, 64 }, "That is 4 key/value heads of 16, config.json says 2 (num_key_value_heads)")]
    [InlineData("tiny-qwen3", false, "model.layers.0.self_attn.q_norm.weight", new long[] { 64 }, "Heads there are 64 wide, config.json says 32 (head_dim)")]
    [InlineData("tiny-llama", false, "model.norm.weight", new long[] { 1, 64 }, "It has 2 axes, not 1")]
    [InlineData("tiny-llama", true, "decoder.layers.self_attention.linear_qkv.weight", new long[] { 4, 256, 64 }, "That is 4 heads of 32")]
    [InlineData("tiny-llama", true, "decoder.layers.mlp.linear_fc1.weight", new long[] { 4, 200, 64 }, "The feed-forward width there is 100, config.json makes it 96")]
    [InlineData("tiny-llama", true, "decoder.layers.mlp.linear_fc1.weight", new long[] { 6, 192, 64 }, "It holds 6 layers, config.json says num_hidden_layers 4")]
    [InlineData("tiny-llama", true, "decoder.layers.mlp.linear_fc1.weight", new long[] { 192, 64 }, "It has 2 axes, not 3")]
    [InlineData("tiny-qwen3_moe", false, "model.layers.0.mlp.gate.weight", new long[] { 16, 64 }, "Axis 0 is 16 instead of 8")]
    public void AWrongShapeIsGivenWithTheRightOneAndACause(string model, bool megatron, string name, long[] shape, string says)
    {
        var map = megatron ? TestModels.Map(model).Reverse() : TestModels.Map(model);
        var present = Shapes(map.Left);
        present[name] = new Shape(shape);
        Says(TensorFaultKind.WrongShape, [name], says, MissingTensorDiagnosis.Explain(map, TestModels.Read(model).Model, present));
    }

    static void Says(TensorFaultKind kind, string[] names, string says, IReadOnlyList<TensorFault> faults)
    {
        var fault = Assert.Single(faults);
        Assert.Equal(kind, fault.Kind);
        Assert.Equal(names, fault.Names);
        Assert.Contains(says, fault.Text, StringComparison.Ordinal);
    }

    static IReadOnlyList<TensorFault> Without(string model, bool megatron, string[] names)
    {
        var map = megatron ? TestModels.Map(model).Reverse() : TestModels.Map(model);
        var present = Shapes(map.Left);
        foreach (var name in names) { Assert.True(present.Remove(name)); }
        return MissingTensorDiagnosis.Explain(map, TestModels.Read(model).Model, present);
    }

    static Dictionary<string, Shape> Shapes(MapSide side) => side.Tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Shape);
}
