using System.Text.Json;
using System.Text.Json.Nodes;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Models.Configs;
using static Ckpt.Models.Megatron.PickleValues;

namespace Ckpt.Models.Megatron;

/// <summary>
/// The attributes of a run's <c>args</c> that follow from a model, and those that loaders ask for: CFG-6.1. Where Megatron-LM and
/// Megatron-SWIFT call one thing by two names, both are there.
/// </summary>
static class MegatronArgs
{
    internal static PickleDict Build(HfConfig config, MegatronArgsOptions options)
    {
        var args = new PickleDict();
        AddSizes(args, config.Model, options);
        AddNorms(args, config.Model, config.Family.Config);
        AddAttention(args, config.Model);
        AttentionArgs.Add(args, config, options);
        AddPositions(args, config.Model, config.Family.Config);
        AddFeedForward(args, config.Model);
        AddExperts(args, config.Model, config.Family.Config.Moe);
        AddOtherKinds(args, options);
        AddSplit(args, options);
        AddRun(args, config, options);
        foreach (var (name, value) in config.Family.Args) { Replace(args, name, Any(value)); }
        if (options.WithConfig) { AddConfig(args, config.Json); }
        return args;
    }

    static void AddSizes(PickleDict args, ModelConfig model, MegatronArgsOptions options) => args
        .Add("num_layers", Of(model.Layers))
        .Add("hidden_size", Of(model.Hidden))
        .Add("vocab_size", Of(model.VocabSize))
        .Add("padded_vocab_size", Of(options.PaddedVocab == 0 ? model.VocabSize : options.PaddedVocab))
        .Add("make_vocab_size_divisible_by", Of(options.MakeVocabSizeDivisibleBy))
        .Add("untie_embeddings_and_output_weights", Of(!model.TieWordEmbeddings));

    static void AddNorms(PickleDict args, ModelConfig model, ConfigRules rules) => args
        .Add("normalization", Of(rules.LayerNorms ? "LayerNorm" : "RMSNorm"))
        .Add("norm_epsilon", Of(model.NormEps))
        .Add("layernorm_epsilon", Of(model.NormEps))
        .Add("apply_layernorm_1p", Of(rules.ZeroCentredNorms))
        .Add("layernorm_zero_centered_gamma", Of(rules.ZeroCentredNorms));

    static void AddAttention(PickleDict args, ModelConfig model) => args
        .Add("num_attention_heads", Of(model.Heads))
        .Add("group_query_attention", Of(model.KvGroups != model.Heads))
        .Add("num_query_groups", Of(model.KvGroups))
        .Add("kv_channels", Of(model.HeadDim))
        .Add("qk_layernorm", Of(model.QkNorm))
        .Add("add_qkv_bias", Of(model.AttentionBias))
        .Add("add_bias_linear", Of(model.OutputBias || model.MlpBias))
        .Add("apply_query_key_layer_scaling", Of(false))
        .Add("attention_softmax_in_fp32", Of(true))
        .Add("attention_dropout", Of(0.0))
        .Add("hidden_dropout", Of(0.0))
        .Add("window_size", model.SlidingLayers.Count > 0 && model.SlidingWindow is { } window ? Window(window) : None)
        .Add("window_attn_skip_freq", model.SlidingLayers.Count > 0 && model.SlidingWindow is not null ? PerLayer(model, model.SlidingLayers.Contains) : None)
        .Add("no_rope_freq", model.NoRopeLayers.Count > 0 ? PerLayer(model, model.NoRopeLayers.Contains) : None);

    // Positions before a token that it sees, and behind it: Hugging Face counts the token itself.
    static PickleTuple Window(long size) => new([Of(size - 1), Of(0)]);

    static PickleNode PerLayer(ModelConfig model, Predicate<int> isOne) => Of(Enumerable.Range(0, model.Layers).Select(layer => isOne(layer) ? 1L : 0L));

    static void AddPositions(PickleDict args, ModelConfig model, ConfigRules rules)
    {
        // Megatron-LM scales the way of Llama 3.1 only, with a factor of choice.
        var llama3 = model.RopeScaling is { } scaling && Text(scaling, "rope_type") == "llama3" ? scaling : null;
        args
            .Add("max_position_embeddings", Of(model.MaxPositions))
            .Add("seq_length", Of(model.MaxPositions))
            .Add("position_embedding_type", Of("rope"))
            .Add("add_position_embedding", Of(true))
            .Add("use_rotary_position_embeddings", Of(true))
            .Add("rotary_base", Number(model.RopeTheta))
            .Add("rotary_percent", Of(model.PartialRotary))
            .Add("partial_rotary_factor", model.PartialRotary == 1 ? None : Of(model.PartialRotary))
            .Add("rotary_interleaved", Of(rules.RotaryInterleaved))
            .Add("use_rope_scaling", Of(llama3 is not null))
            .Add("rope_scaling_factor", llama3 is null ? Of(8.0) : Of(llama3["factor"]))
            .Add("rope_scaling", Of(model.RopeScaling));
    }

    static string? Text(JsonObject json, string key) =>
        json[key] is { } node && node.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : null;

    static void AddFeedForward(PickleDict args, ModelConfig model) => args
        .Add("ffn_hidden_size", Of(model.Ffn))
        .Add("swiglu", Of(model.HiddenAct == "silu"))
        .Add("gated_linear_unit", Of(true))
        .Add("squared_relu", Of(false));

    static void AddExperts(PickleDict args, ModelConfig model, MoeRules? rules)
    {
        var experts = model.IsMoe ? model.Experts : (long?)null;
        args
            .Add("num_experts", OrNone(experts))
            .Add("num_moe_experts", OrNone(experts))
            .Add("moe_layer_freq", Enumerable.Range(0, model.Layers).All(layer => model.IsMoeLayer(layer) == model.IsMoeLayer(0)) ? Of(1) : PerLayer(model, model.IsMoeLayer))
            .Add("moe_ffn_hidden_size", OrNone(model.IsMoe ? model.MoeFfn : null))
            .Add("moe_router_topk", Of(model.IsMoe ? model.TopK : 2))
            .Add("moe_router_pre_softmax", Of(model.IsMoe && !model.NormTopkProb))
            .Add("moe_router_score_function", Of(model.ScoreFunction))
            .Add("moe_router_load_balancing_type", Of("aux_loss"))
            .Add("moe_router_enable_expert_bias", Of(model.IsMoe && rules?.ExpertBias == true))
            .Add("moe_router_topk_scaling_factor", model.RoutedScaling is { } scaling ? Number(scaling) : None)
            .Add("moe_router_num_groups", OrNone(model.RouterGroups))
            .Add("moe_router_group_topk", OrNone(model.RouterGroupTopK))
            .Add("moe_shared_expert_intermediate_size", OrNone(model.SharedFfn > 0 ? model.SharedFfn : null))
            .Add("moe_shared_expert_gate", Of(model.SharedFfn > 0 && rules?.SharedGate == true))
            .Add("moe_token_dispatcher_type", Of("alltoall"))
            .Add("moe_grouped_gemm", Of(model.IsMoe))
            .Add("moe_single_grouped_weight", Of(false))
            .Add("moe_single_grouped_bias", Of(false))
            .Add("moe_latent_size", None);
    }

    // Asked for by name with --use-checkpoint-args; the values are Megatron-LM's own defaults.
    static void AddOtherKinds(PickleDict args, MegatronArgsOptions options) => args
        .Add("mtp_num_layers", OrNone(options.MtpLayers > 0 ? options.MtpLayers : null))
        .Add("mtp_hybrid_override_pattern", None)
        .Add("mtp_use_repeated_layer", Of(false))
        .Add("spec", None)
        .Add("mamba_state_dim", Of(128))
        .Add("mamba_head_dim", Of(64))
        .Add("mamba_num_groups", Of(8))
        .Add("mamba_num_heads", None)
        .Add("hybrid_layer_pattern", None)
        .Add("hybrid_override_pattern", None)
        .Add("heterogeneous_layers_config_path", None)
        .Add("heterogeneous_layers_config_encoded_json", None)
        .Add("gdp_num_householder", None)
        .Add("tokenizer_type", None)
        .Add("tokenizer_model", None)
        .Add("tiktoken_pattern", None);

    static void AddSplit(PickleDict args, MegatronArgsOptions options)
    {
        var sizes = options.Sizes;
        var model = (long)sizes.Tensor * sizes.Pipeline * sizes.Context;
        var world = sizes.World ?? model;
        args
            .Add("tensor_model_parallel_size", Of(sizes.Tensor))
            .Add("pipeline_model_parallel_size", Of(sizes.Pipeline))
            .Add("virtual_pipeline_model_parallel_size", OrNone(sizes.VirtualPipeline > 1 ? sizes.VirtualPipeline : null))
            .Add("context_parallel_size", Of(sizes.Context))
            .Add("expert_model_parallel_size", Of(sizes.Expert))
            .Add("expert_tensor_parallel_size", Of(sizes.ExpertTensor ?? sizes.Tensor))
            .Add("decoder_first_pipeline_num_layers", OrNone(options.Stages.FirstStageLayers))
            .Add("decoder_last_pipeline_num_layers", OrNone(options.Stages.LastStageLayers))
            .Add("sequence_parallel", Of(sizes.Tensor > 1))
            .Add("world_size", Of(world))
            .Add("data_parallel_size", Of(Math.Max(1, world / model)));
    }

    static void AddRun(PickleDict args, HfConfig config, MegatronArgsOptions options) => args
        .Add("params_dtype", OrNone(config.Model.TorchDType?.TorchName()))
        .Add("bf16", Of(config.Model.TorchDType == DType.BF16))
        .Add("fp16", Of(config.Model.TorchDType == DType.F16))
        .Add("ckpt_format", Of("torch_dist"))
        .Add("ckpt_fully_parallel_save", Of(true))
        .Add("use_distributed_optimizer", Of(false))
        .Add("no_save_optim", Of(true))
        .Add("no_save_rng", Of(true))
        .Add("data_parallel_random_init", Of(false))
        .Add("consumed_train_samples", Of(0))
        .Add("consumed_valid_samples", Of(0))
        .Add("skipped_train_samples", Of(0))
        .Add("iteration", Of(options.Iteration))
        .Add("mcore_model_type", Of("gpt"))
        .Add("hf_model_type", Of(config.Model.ModelType))
        .Add("llm_model_type", Of(config.Family.Text ?? config.Model.ModelType))
        .Add("task_type", Of("causal_lm"))
        .Add("model", OrNone(options.Model));

    /// <summary>CLI-10.8: what is no argument of its own. Types are Megatron's to name, and how weights were quantised is no longer true.</summary>
    static void AddConfig(PickleDict args, JsonObject json)
    {
        foreach (var (name, value) in json)
        {
            var isPlain = value is not null && (value.GetValueKind() != JsonValueKind.Object) && (value is not JsonArray list || list.All(static item => item is null or JsonValue));
            if (isPlain && name is not ("dtype" or "torch_dtype") && args.Find(name) is null) { args.Add(name, Of(value)); }
        }
    }

    static void Replace(PickleDict args, string name, PickleNode value)
    {
        args.Items.RemoveAll(item => item.Key is PickleString key && key.Value == name);
        args.Add(name, value);
    }
}
