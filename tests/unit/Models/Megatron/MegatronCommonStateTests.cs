using System.Text.Json;
using Ckpt.Formats.Torch;
using Ckpt.Kit;
using Ckpt.Models.Megatron;
using Ckpt.Sharding.Layouts;
using Xunit;

namespace Ckpt.UnitTests.Models.Megatron;

public class MegatronCommonStateTests
{
    // Megatron-LM's load_args_from_checkpoint and check_checkpoint_args, core 0.10 to main.
    const string Consulted = """
        tensor_model_parallel_size pipeline_model_parallel_size world_size data_parallel_size ckpt_fully_parallel_save no_save_optim no_save_rng
        num_layers hidden_size num_attention_heads add_position_embedding max_position_embeddings make_vocab_size_divisible_by padded_vocab_size
        tokenizer_type data_parallel_random_init consumed_train_samples consumed_valid_samples ffn_hidden_size seq_length num_query_groups
        group_query_attention kv_channels position_embedding_type use_rotary_position_embeddings rotary_base rotary_percent rotary_interleaved
        add_bias_linear add_qkv_bias squared_relu swiglu untie_embeddings_and_output_weights apply_layernorm_1p normalization
        apply_query_key_layer_scaling attention_dropout hidden_dropout mtp_num_layers mtp_hybrid_override_pattern mtp_use_repeated_layer spec
        num_experts moe_layer_freq moe_ffn_hidden_size moe_router_topk moe_token_dispatcher_type moe_router_pre_softmax moe_grouped_gemm
        moe_single_grouped_weight moe_single_grouped_bias moe_shared_expert_intermediate_size moe_router_score_function
        moe_router_enable_expert_bias moe_router_topk_scaling_factor mamba_state_dim mamba_head_dim mamba_num_groups mamba_num_heads
        hybrid_layer_pattern hybrid_override_pattern heterogeneous_layers_config_path heterogeneous_layers_config_encoded_json moe_latent_size
        gdp_num_householder tokenizer_model tiktoken_pattern
        """;

    // What a run chose and a conversion cannot know, and what Megatron computes for models without dense layers.
    static readonly HashSet<string> s_ofTheRun = ["consumed_train_samples", "no_save_rng", "model", "world_size", "data_parallel_size", "padded_vocab_size", "moe_grouped_gemm"];

    [Theory, Clause("CFG-6.1")]
    [InlineData("tiny-llama")]
    [InlineData("qwen3_moe-mixed")]
    public void EveryAttributeThatLoadersConsultIsThere(string name)
    {
        var args = Args(name, new MegatronArgsOptions());
        Assert.All(Consulted.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries), attribute => Assert.NotNull(args.Find(attribute)));
        Assert.Equal(args.Items.Count, args.Items.Select(item => ((PickleString)item.Key).Value).Distinct().Count());
    }

    [Theory, Clause("CFG-6.1")]
    [InlineData("llama-tp2pp1", "tiny-llama", 2, 1, 1)]
    [InlineData("qwen2-tp2pp2", "tiny-qwen2", 2, 2, 1)]
    [InlineData("qwen3-tp2pp2", "tiny-qwen3", 2, 2, 1)]
    [InlineData("qwen3_moe-tp2pp2", "tiny-qwen3_moe", 2, 2, 2)]
    [InlineData("qwen2_moe-tp2pp2ep2", "tiny-qwen2_moe", 2, 2, 1, 2)]
    [InlineData("mixtral-ep2", "tiny-mixtral", 1, 1, 1, 2)]
    [InlineData("glm4-tp1pp1", "tiny-glm4", 1, 1, 1)]
    [InlineData("deepseek_v3-tp2pp2", "tiny-deepseek_v3", 2, 2, 2)]
    [InlineData("qwen3_next-ep2", "tiny-qwen3_next", 1, 1, 1, 2)]
    [InlineData("glm4_moe-tp2pp2ep2", "tiny-glm4_moe", 2, 2, 1, 2)]
    public void AttributesHaveTheValuesThatMegatronSwiftGaveThem(string checkpoint, string name, int tensor, int pipeline, int expertTensor, int expert = 1)
    {
        var args = Args(name, new MegatronArgsOptions { Sizes = new ParallelSizes { Tensor = tensor, Pipeline = pipeline, ExpertTensor = expertTensor, Expert = expert } });
        var real = JsonDocument.Parse(File.ReadAllBytes(Repository.Vector("args", checkpoint + ".json"))).RootElement;
        var compared = 0;
        foreach (var attribute in real.EnumerateObject())
        {
            // mcore-bridge has the part of a head that turns in partial_rotary_factor alone, Megatron-LM in rotary_percent.
            if (s_ofTheRun.Contains(attribute.Name) || (attribute.Name == "rotary_percent" && real.GetProperty("partial_rotary_factor").ValueKind == JsonValueKind.Number) || (attribute.Name == "ffn_hidden_size" && name is "tiny-qwen3_moe" or "tiny-qwen2_moe" or "tiny-qwen3_next") || args.Find(attribute.Name) is not { } value) { continue; }
            var there = JsonSerializer.Serialize(attribute.Value);
            Assert.True(Text(value) == there || (value is PickleInt && Text(value) + ".0" == there), $"{attribute.Name}: {Text(value)}, there {attribute.Value}");
            compared++;
        }
        Assert.InRange(compared, 60, 200);
    }

    [Fact, Clause("CFG-6.1")]
    public void MixedLayersAreAListOfOnesAndZeros()
    {
        var list = Assert.IsType<PickleList>(Args("qwen3_moe-mixed", new MegatronArgsOptions()).Find("moe_layer_freq"));
        Assert.Equal("0 1 0 1 0 0 0 1", string.Join(' ', list.Items.Select(Text)));
    }

    [Fact, Clause("CFG-6.1")]
    public void Llama3ScalingIsNotedInBothWords()
    {
        var args = Args("llama-3.1-8b", new MegatronArgsOptions());
        Assert.Equal("true", Text(args.Find("use_rope_scaling")!));
        Assert.Equal("8", Text(args.Find("rope_scaling_factor")!));
        Assert.Equal("llama3", ((PickleString)((PickleDict)args.Find("rope_scaling")!).Find("rope_type")!).Value);
    }

    [Fact, Clause("CFG-6.2")]
    public void TheCommonStateIsPlainValuesAndOneNamespace()
    {
        var common = MegatronCommonState.Build(TestModels.Read("tiny-qwen3_moe"), new MegatronArgsOptions { Iteration = 7 });
        Assert.Equal(["args", "checkpoint_version", "iteration", "content_metadata"], common.Items.Select(item => ((PickleString)item.Key).Value));
        Assert.Equal("3", Text(common.Find("checkpoint_version")!));
        Assert.Equal("7", Text(common.Find("iteration")!));
        Assert.Equal("false", Text(((PickleDict)common.Find("content_metadata")!).Find("singleton_local_shards")!));
        var args = Assert.IsType<PickleObject>(common.Find("args"));
        Assert.Equal(("argparse.Namespace", PickleConstruction.NewObject, 0), (args.ClassName, args.Construction, ((PickleTuple)args.Args).Items.Count));
        Assert.All(args.Attributes!.Items, item => Assert.True(item.Value is PickleNone or PickleBool or PickleInt or PickleFloat or PickleString or PickleList or PickleDict));
    }

    static PickleDict Args(string name, MegatronArgsOptions options) => ((PickleObject)MegatronCommonState.Build(TestModels.Read(name), options).Find("args")!).Attributes!;

    static string Text(PickleNode node) => node switch
    {
        PickleBool flag => flag.Value ? "true" : "false",
        PickleInt number => number.Value.ToString(System.Globalization.CultureInfo.InvariantCulture),
        PickleFloat number => JsonSerializer.Serialize(number.Value) is var text && text == "1E-06" ? "1e-06" : text is "0" or "1" ? text + ".0" : text,
        PickleString text => JsonSerializer.Serialize(text.Value),
        PickleList list => $"[{string.Join(',', list.Items.Select(Text))}]",
        PickleNone => "null",
        _ => node.GetType().Name,
    };
}
