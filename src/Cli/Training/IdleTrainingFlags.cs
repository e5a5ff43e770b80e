using Ckpt.Cli.Export;
using Ckpt.Cli.Flags;

namespace Ckpt.Cli.Training;

/// <summary>Flags that lines in use carry and that change nothing here, with why. A name followed by <c>?</c> is a boolean, by <c>*</c> a list.</summary>
static class IdleTrainingFlags
{
    const string Kernels = """
        attention_backend attn_impl use_flash_attn? masked_softmax_fusion? bias_dropout_fusion? bias_activation_fusion? gradient_accumulation_fusion? apply_rope_fusion?
        cross_entropy_loss_fusion? cross_entropy_fusion_impl no_masked_softmax_fusion? no_bias_dropout_fusion? no_bias_swiglu_fusion? no_rope_fusion?
        no_gradient_accumulation_fusion? no_bias_gelu_fusion? use_fused_rmsnorm? use_fused_swiglu? use_fused_rotary_pos_emb? use_fused_mlp? use_rotary_position_embeddings?
        use_cp_send_recv_overlap? lora_fusion? moe_grouped_gemm? moe_permute_fusion? moe_shared_expert_overlap? moe_token_dispatcher_type moe_enable_deepep?
        moe_alltoall_overlap_comm? moe_permutation_async_comm? use_mc2? swap_attention? reuse_fp32_param? fp8_amax_history_len fp8_amax_compute_algo transformer_impl experts_impl vit_attn_impl
        """;

    const string Precision = """
        apply_query_key_layer_scaling? attention_softmax_in_fp32? no_attention_softmax_in_fp32? accumulate_allreduce_grads_in_fp32? moe_router_dtype initial_loss_scale
        deterministic_mode? te_rng_tracker? data_parallel_random_init? use_deter_comp? npu_deterministic?
        """;

    const string Processes = """
        overlap_p2p_comm? batch_p2p_comm? align_param_gather? align_grad_reduce? tp_comm_overlap? overlap_grad_reduce? overlap_param_gather? overlap_param_gather_with_optimizer_step?
        ddp_backend distributed_backend nccl_comm_warmup? cp_comm_type cp_partition_mode sequence_packing_scheduler data_parallel_sharding_strategy microbatch_group_size_per_vp_stage
        microbatch_group_size_per_virtual_pipeline_stage account_for_embedding_in_pipeline_split? account_for_loss_in_pipeline_split? use_distributed_data_parallel? local_rank
        optimizer_offload_fraction manual_gc? manual_gc_steps manual_gc_interval manual_gc_eval?
        """;

    const string Loading = """
        dataloader_num_workers num_workers dataloader_pin_memory? dataloader_persistent_workers? dataloader_prefetch_factor lazy_tokenize? load_from_cache_file? packing_num_proc
        mlp_padding_free? remove_unused_columns? disable_auto_column_mapping? download_mode preserve_thinking? disable_ignore_empty_think? is_binary_loss_scale? use_hf? hub_token
        is_instruction_dataset? no_pad_to_seq_lengths? variable_seq_lengths? full_shuffle_instruction_dataset? dataset_additional_keys* no_create_attention_mask_in_dataloader?
        no_shuffle? split padded_samples? pad_to_multiple_of tokenizer_type tokenizer_not_use_fast? tokenizer_model dataset_type data_cache_path
        """;

    const string Media = "max_pixels norm_bbox freeze_vit? freeze_aligner? vit_lr aligner_lr vit_gradient_checkpointing? vit_gradient_checkpointing_kwargs gradient_checkpointing_kwargs language_model_only?";

    const string Shape = """
        num_layers hidden_size ffn_hidden_size num_attention_heads num_query_groups group_query_attention? kv_channels qk_layernorm? max_position_embeddings position_embedding_type
        rotary_base rotary_percent rotary_interleaved? normalization norm_epsilon layernorm_epsilon swiglu? add_bias_linear? disable_bias_linear? add_qkv_bias?
        untie_embeddings_and_output_weights? num_experts num_moe_experts moe_ffn_hidden_size moe_shared_expert_intermediate_size moe_router_topk moe_layer_freq
        moe_router_load_balancing_type* moe_router_score_function moe_router_pre_softmax? moe_router_topk_scaling_factor moe_router_group_topk moe_router_num_groups
        moe_router_enable_expert_bias? moe_router_bias_update_rate moe_token_drop_policy use_shared_expert_gate? moe_shared_expert_gate? multi_latent_attention?
        q_lora_rank kv_lora_rank qk_head_dim qk_pos_emb_head_dim v_head_dim padded_vocab_size hf_model_type llm_architectures model_type use_mcore_models? spec* init_method_std
        apply_wd_to_qk_layernorm? mtp_loss_scaling_factor no_initialization? use_cpu_initialization? num_layers_in_first_pipeline_stage
        """;

    const string Formats = """
        ckpt_format dist_ckpt_format auto_detect_ckpt_format? exit_on_missing_checkpoint? ckpt_fully_parallel_load? ckpt_fully_parallel_save? async_save? use_persistent_ckpt_worker?
        dist_ckpt_save_pre_mcore_014? dist_ckpt_optim_fully_reshardable? distrib_optim_fully_reshardable_mem_efficient? load_safetensors? offload_bridge? bridge_backend
        check_model? lora_ckpt_filter? no_load_strict?
        """;

    const string Logs = """
        tensorboard_queue_size tensorboard_log_interval wandb_project wandb_exp_name swanlab_project swanlab_exp_name log_params_norm? log_throughput? log_timers_to_tensorboard?
        log_validation_ppl_to_tensorboard? log_memory_to_tensorboard? no_log_learning_rate_to_tensorboard? no_log_loss_scale_to_tensorboard? logging_level timing_log_level
        """;

    /// <summary>Every one of them.</summary>
    internal static readonly IReadOnlyList<FlagSpec> All =
    [
        .. InheritedFlags.Expand(FlagUse.NoEffect, "it chooses kernels of a GPU; what is computed is the same", Kernels),
        .. InheritedFlags.Expand(FlagUse.NoEffect, "softmax, norms, losses and sums of gradients are float32 here, and a run repeats itself", Precision),
        .. InheritedFlags.Expand(FlagUse.NoEffect, "it is about how processes and memory are used; the numbers are the same", Processes),
        .. InheritedFlags.Expand(FlagUse.NoEffect, "rows are read and encoded when a run begins, by --dataset_num_proc threads", Loading),
        .. InheritedFlags.Expand(FlagUse.NoEffect, "text is trained on; there are no images, and no towers for them", Media),
        .. InheritedFlags.Expand(FlagUse.NoEffect, "the model is what its config.json, or the checkpoint's args, say", Shape),
        .. InheritedFlags.Expand(FlagUse.NoEffect, "checkpoints of every format are read, and torch_dist is written so that every layout can read it", Formats),
        .. InheritedFlags.Expand(FlagUse.NoEffect, "logging.jsonl and the event files hold what there is to tell", Logs),
    ];
}
