using Ckpt.Cli.Flags;

namespace Ckpt.Cli.Export;

/// <summary>
/// Flags that <c>megatron export</c> inherits from training, with why they change nothing in a conversion. In the lists a name
/// followed by <c>?</c> is a boolean, by <c>*</c> a list.
/// </summary>
static class InheritedFlags
{
    /// <summary>Flags of the forward pass that the precision test of other tools runs.</summary>
    internal const string PrecisionTest = """
        test_convert_dtype attention_backend attn_impl use_flash_attn? padding_free? mlp_padding_free? recompute_granularity recompute_method
        recompute_num_layers recompute_modules* device_map max_length truncation_strategy template template_backend template_mode
        use_chat_template? system agent_template norm_bbox padding_side max_pixels experts_impl vit_attn_impl sequence_parallel?
        """;

    /// <summary>Shape arguments of the 3.x command line.</summary>
    internal const string ModelShape = """
        num_layers hidden_size ffn_hidden_size num_attention_heads num_query_groups group_query_attention? kv_channels qk_layernorm?
        max_position_embeddings position_embedding_type rotary_base rotary_percent rotary_interleaved? rotary_seq_len_interpolation_factor
        normalization norm_epsilon layernorm_epsilon swiglu? add_bias_linear? disable_bias_linear? add_qkv_bias? untie_embeddings_and_output_weights?
        num_experts num_moe_experts moe_ffn_hidden_size moe_shared_expert_intermediate_size moe_router_topk moe_layer_freq
        use_shared_expert_gate? moe_shared_expert_gate? multi_latent_attention? q_lora_rank kv_lora_rank qk_head_dim qk_pos_emb_head_dim v_head_dim
        padded_vocab_size hf_model_type llm_architectures architectures
        """;

    const string Optimizer = """
        micro_batch_size global_batch_size train_iters num_train_epochs max_epochs deterministic_mode? calculate_per_token_loss?
        optimizer optimizer_cpu_offload? optimizer_offload_fraction use_precision_aware_optimizer? main_grads_dtype main_params_dtype exp_avg_dtype
        exp_avg_sq_dtype manual_gc? manual_gc_steps manual_gc_interval manual_gc_eval? lr lr_decay_style lr_decay_iters lr_warmup_iters
        lr_warmup_fraction lr_warmup_init min_lr lr_wsd_decay_style lr_wsd_decay_iters weight_decay weight_decay_incr_style start_weight_decay
        end_weight_decay clip_grad adam_beta1 adam_beta2 adam_eps sgd_momentum muon_momentum finetune? vit_lr aligner_lr
        freeze_llm? freeze_vit? freeze_aligner? freeze_parameters* freeze_parameters_regex freeze_parameters_ratio trainable_parameters*
        trainable_parameters_regex vit_gradient_checkpointing? vit_gradient_checkpointing_kwargs gradient_checkpointing_kwargs
        enable_dft_loss? enable_channel_loss? problem_type mrl_dims* seed apply_wd_to_qk_layernorm? te_rng_tracker? data_parallel_random_init?
        moe_router_load_balancing_type* moe_aux_loss_coeff* moe_z_loss_coeff moe_expert_capacity_factor moe_pad_expert_input_to_capacity?
        moe_token_drop_policy moe_permute_fusion? moe_shared_expert_overlap? moe_token_dispatcher_type moe_router_dtype
        moe_enable_deepep? moe_router_score_function moe_router_bias_update_rate moe_router_enable_expert_bias? moe_router_pre_softmax?
        moe_router_topk_scaling_factor moe_router_group_topk moe_router_num_groups mtp_loss_scaling_factor
        """;

    const string Kernels = """
        masked_softmax_fusion? bias_dropout_fusion? bias_activation_fusion? gradient_accumulation_fusion? apply_rope_fusion? cross_entropy_loss_fusion?
        cross_entropy_fusion_impl no_masked_softmax_fusion? no_bias_dropout_fusion? no_bias_swiglu_fusion? no_rope_fusion?
        no_gradient_accumulation_fusion? fp16? bf16? apply_query_key_layer_scaling? attention_softmax_in_fp32? accumulate_allreduce_grads_in_fp32?
        fp8_amax_history_len fp8_amax_compute_algo
        """;

    const string Data = """
        dataset* val_dataset* cached_dataset* cached_val_dataset* split_dataset_ratio data_seed dataset_shuffle? train_dataloader_shuffle? data_sharding?
        no_data_sharding? dataset_num_proc load_from_cache_file? dataloader_num_workers num_workers dataloader_pin_memory?
        dataloader_persistent_workers? dataloader_prefetch_factor streaming? interleave_prob* stopping_strategy shuffle_buffer_size columns strict?
        remove_unused_columns? disable_auto_column_mapping? custom_dataset_info* download_mode model_author* model_name* group_by_length? packing?
        packing_length packing_num_proc packing_strategy lazy_tokenize? loss_scale is_binary_loss_scale? enable_thinking? preserve_thinking?
        add_non_thinking_prefix? disable_ignore_empty_think? response_prefix sequence_packing_scheduler
        """;

    const string Saving = """
        no_save_optim? no_save_rng? no_load_optim? no_load_rng? save_interval save_steps save_strategy save_total_limit add_version? async_save?
        use_persistent_ckpt_worker? metric_for_best_model greater_is_better? create_checkpoint_symlink? save_safetensors? load_safetensors?
        offload_bridge? perform_initialization? no_initialization? use_cpu_initialization? dist_ckpt_save_pre_mcore_014?
        dist_ckpt_optim_fully_reshardable? distrib_optim_fully_reshardable_mem_efficient? auto_detect_ckpt_format? exit_on_missing_checkpoint?
        ckpt_fully_parallel_load? ckpt_fully_parallel_save? ref_load ref_adapter_load mcore_ref_model mcore_ref_adapter ref_model ref_adapters*
        """;

    const string Processes = """
        microbatch_group_size_per_vp_stage microbatch_group_size_per_virtual_pipeline_stage use_distributed_optimizer? use_megatron_fsdp?
        data_parallel_sharding_strategy cp_comm_type cp_partition_mode overlap_p2p_comm? batch_p2p_comm? align_param_gather? align_grad_reduce?
        tp_comm_overlap? overlap_grad_reduce? overlap_param_gather? overlap_param_gather_with_optimizer_step? ddp_backend distributed_backend
        ddp_timeout distributed_timeout_minutes nccl_comm_warmup?
        """;

    const string Logging = """
        report_to* logging_steps log_interval logging_dir tensorboard_dir tensorboard_queue_size tensorboard_log_interval wandb_project wandb_exp_name
        swanlab_project swanlab_exp_name eval_iters eval_steps eval_interval eval_strategy log_params_norm? log_throughput? log_timers_to_tensorboard?
        log_validation_ppl_to_tensorboard? log_memory_to_tensorboard? no_log_learning_rate_to_tensorboard? logging_level
        """;

    const string Quantising = "quant_n_samples quant_batch_size group_size quant_device";

    const string LoraShape = "lora_rank lora_dropout lora_bias lora_dtype use_rslora? target_modules* target_regex modules_to_save* init_weights tuner_backend";

    const string SwiftBase = """
        model_type use_hf? hub_token hub_model_id hub_private_repo? commit_message hub_strategy local_repo_path custom_register_path* external_plugins*
        check_model? load_args? load_data_args? ignore_args_error? use_swift_lora? init_strategy max_model_len
        """;

    /// <summary>Every inherited flag that changes nothing.</summary>
    internal static readonly IReadOnlyList<FlagSpec> All =
    [
        .. Expand(FlagUse.NoEffect, "it steers training, and nothing is trained", Optimizer),
        .. Expand(FlagUse.NoEffect, "it chooses kernels and the precision they compute in; nothing is computed", Kernels),
        .. Expand(FlagUse.NoEffect, "it is about training data", Data),
        .. Expand(FlagUse.NoEffect, "it is about what a trainer loads and saves; a conversion reads and writes weights only", Saving),
        .. Expand(FlagUse.NoEffect, "it is about processes of a training run, on which torch_dist files do not depend", Processes),
        .. Expand(FlagUse.NoEffect, "it is about the logs of a training run", Logging),
        .. Expand(FlagUse.NoEffect, "it tunes quantising, and nothing is quantised", Quantising),
        .. Expand(FlagUse.NoEffect, "an adapter's shape is read from its own files", LoraShape),
        .. Expand(FlagUse.NoEffect, "the model's family is read from config.json, and nothing is downloaded or uploaded", SwiftBase),
    ];

    /// <summary>The flags of a list, all with the same fate.</summary>
    internal static IEnumerable<FlagSpec> Expand(FlagUse use, string why, string names) =>
        names.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(name => name[^1] switch
        {
            '?' => new FlagSpec(name[..^1], FlagKind.Bool, why) { Use = use },
            '*' => new FlagSpec(name[..^1], FlagKind.List, why) { Use = use },
            _ => new FlagSpec(name, FlagKind.Text, why) { Use = use },
        });
}
