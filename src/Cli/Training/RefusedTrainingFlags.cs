using Ckpt.Cli.Flags;

namespace Ckpt.Cli.Training;

/// <summary>Flags of <c>megatron pt</c> and <c>megatron sft</c> that ask for what this version does not do, each with its reason and with the values that ask for nothing.</summary>
static class RefusedTrainingFlags
{
    const string OneStage = "the trainer has tensor and data parallelism; layers are not shared over stages (a checkpoint of any layout is read, and 'ckpt reshard' writes any)";
    const string OwnExperts = "every rank has all experts, shared only over tensor parallel ranks";
    const string NoLowFloats = "training in 8 and 4 bit floats needs kernels of a GPU; bfloat16 and float32 train";
    const string NoMuon = "the optimizers are adam and sgd";
    const string OneLoss = "causal language models are trained (task_type causal_lm)";
    const string NoLowOptimizer = "optimizer state is float32";
    const string NotYet = "is not in this version";

    internal static readonly IReadOnlyList<FlagSpec> All =
    [
        Refused("pipeline_model_parallel_size", FlagKind.Int, OneStage, "1") with { Aliases = ["pp"] },
        Refused("virtual_pipeline_model_parallel_size", FlagKind.Int, OneStage, "1") with { Aliases = ["num_layers_per_virtual_pipeline_stage", "num_virtual_stages_per_pipeline_rank"] },
        Refused("pipeline_model_parallel_layout", FlagKind.Text, OneStage),
        Refused("decoder_first_pipeline_num_layers", FlagKind.Int, OneStage),
        Refused("decoder_last_pipeline_num_layers", FlagKind.Int, OneStage),
        Refused("num_layer_list", FlagKind.Text, OneStage),
        Refused("expert_model_parallel_size", FlagKind.Int, OwnExperts, "1") with { Aliases = ["ep"] },
        Refused("expert_tensor_parallel_size", FlagKind.Int, OwnExperts, "1") with { Aliases = ["etp"] },
        Refused("context_parallel_size", FlagKind.Int, "sequences are not shared over ranks but by --sequence_parallel", "1") with { Aliases = ["cp"] },
        Refused("use_megatron_fsdp", FlagKind.Bool, "data parallel ranks share the optimizer's state (use_distributed_optimizer), not weights"),
        Refused("fp8_format", FlagKind.Text, NoLowFloats),
        Refused("fp8_recipe", FlagKind.Text, NoLowFloats, "delayed"),
        Refused("fp8_param_gather", FlagKind.Bool, NoLowFloats),
        Refused("fp4_format", FlagKind.Text, NoLowFloats),
        Refused("fp4_recipe", FlagKind.Text, NoLowFloats, "nvfp4"),
        Refused("fp4_param_gather", FlagKind.Bool, NoLowFloats),
        Refused("fp16", FlagKind.Bool, "training in float16 needs loss scaling, which is not in this version; bfloat16 and float32 train"),
        Refused("qlora", FlagKind.Bool, "base weights are held in bfloat16 or float32"),
        Refused("quant_method", FlagKind.Text, "base weights are held in bfloat16 or float32"),
        .. Muon(),
        Refused("use_precision_aware_optimizer", FlagKind.Bool, NoLowOptimizer),
        Refused("main_grads_dtype", FlagKind.Text, NoLowOptimizer, "fp32", "float32"),
        Refused("main_params_dtype", FlagKind.Text, NoLowOptimizer, "fp32", "float32"),
        Refused("exp_avg_dtype", FlagKind.Text, NoLowOptimizer, "fp32", "float32"),
        Refused("exp_avg_sq_dtype", FlagKind.Text, NoLowOptimizer, "fp32", "float32"),
        Refused("task_type", FlagKind.Text, OneLoss, "causal_lm"),
        Refused("num_labels", FlagKind.Text, OneLoss),
        Refused("problem_type", FlagKind.Text, OneLoss),
        Refused("stage", FlagKind.Text, "'ckpt sft' does the stage sft", "sft"),
        Refused("rlhf_type", FlagKind.Text, "alignment " + NotYet),
        Refused("enable_channel_loss", FlagKind.Bool, "a loss for each channel " + NotYet),
        Refused("group_by_length", FlagKind.Bool, "rows lie end to end (--padding_free), where nothing is gained by it"),
        Refused("cached_dataset", FlagKind.List, "rows are encoded when a run begins; ready ones are read from .bin and .idx files, which 'ckpt preprocess' writes"),
        Refused("cached_val_dataset", FlagKind.List, "rows are encoded when a run begins"),
        Refused("custom_dataset_info", FlagKind.List, "data sets are named by their paths"),
        Refused("new_special_tokens", FlagKind.List, "the vocabulary is trained as it is"),
        Refused("rope_scaling", FlagKind.Text, "positions are scaled as config.json says: change it there"),
        Refused("megatron_extra_kwargs", FlagKind.Text, "the model is what config.json says"),
        Refused("init_weights", FlagKind.Text, "adapters begin with random A and zero B", "true", "True"),
        Refused("padding_side", FlagKind.Text, "rows are filled up on the right", "right"),
        Refused("template_backend", FlagKind.Text, "rows are written by named templates, whose answers are known to be learned", "swift"),
        Refused("agent_template", FlagKind.Text, "tools are written in the template's own way", "auto"),
        Refused("external_plugins", FlagKind.List, "Python is not run"),
        Refused("custom_register_path", FlagKind.List, "Python is not run"),
        Refused("perform_initialization", FlagKind.Bool, "training begins with given weights"),
        Refused("reset_attention_mask", FlagKind.Bool, "packs of .bin and .idx files hold their samples' ends only where --packing made them: train on the unpacked data with --packing true"),
        Refused("optimizer_cpu_offload", FlagKind.Bool, "optimizer state is where the model is"),
        Refused("mtp_num_layers", FlagKind.Int, "layers for multi-token prediction are not trained", "0"),
        Refused("dsa_indexer_loss_coeff", FlagKind.Number, "sparse attention's indexer is not trained", "0"),
        Refused("moe_expert_capacity_factor", FlagKind.Number, "no token is dropped: every expert takes all that are sent to it"),
        Refused("moe_pad_expert_input_to_capacity", FlagKind.Bool, "no token is dropped: every expert takes all that are sent to it"),
        Refused("lu_lora_final_layer_index", FlagKind.Int, "local learning of layers " + NotYet),
        Refused("save_missing_weights", FlagKind.Bool, "what the model's family does not know is not trained"),
        Refused("push_to_hub", FlagKind.Bool, "uploading is left to the hub's own tool: 'hf upload'"),
    ];

    static IEnumerable<FlagSpec> Muon() =>
        ((string[])["momentum", "split_qkv", "use_nesterov", "scale_mode", "fp32_matmul_prec", "coefficient_type", "num_ns_steps", "tp_mode", "extra_scale_factor", "scalar_optimizer"])
        .Select(name => Refused("muon_" + name, FlagKind.Text, NoMuon));

    static FlagSpec Refused(string name, FlagKind kind, string why, params string[] harmless) =>
        new(name, kind, why) { Use = FlagUse.Refused, Harmless = harmless };
}
