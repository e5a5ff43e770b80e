using Ckpt.Cli.Export;
using Ckpt.Cli.Flags;
using Ckpt.Cli.Layouts;
using Ckpt.Cli.Running;

namespace Ckpt.Cli.MindSpeed;

/// <summary>What <c>convert_ckpt</c> does with each flag of MindSpeed-LLM's two converters, and our own.</summary>
static class ConvertFlags
{
    const string ReadFromConfig = "it is read from config.json, or from the checkpoint's args and shapes";
    const string FromTensors = "names and shapes of the tensors say it";
    const string Mamba = "Mamba2 has a converter of its own there; state space models are not handled";

    /// <summary>Flags that only V1 has.</summary>
    internal static readonly IReadOnlyList<FlagSpec> First =
    [
        new("params_dtype", FlagKind.DType, "V1: type of the weights written; needed there, as V1 itself would make them float16"),
        new("make_vocab_size_divisible_by", FlagKind.Int, "V1: pad the vocabulary to a multiple of this times the tensor parallel size, 1 where not given"),
        new("use_mcore_models", FlagKind.Bool, "V1: write Megatron-core's names, which are the only ones written"),
        new("ckpt_format", FlagKind.Text, "V1: Megatron's format: torch (usual), torch_dist or zarr"),
        new("model_type", FlagKind.Text, "V1: GPT"),
        .. InheritedFlags.Expand(FlagUse.NoEffect, "one process reads and writes here, and every tensor is checked", "loader saver max_queue_size no_checking? load_checkpoint_loosely? load_hf_from_config?"),
        .. InheritedFlags.Expand(FlagUse.NoEffect, FromTensors, "spec* ckpt_cfg_path load_from_legacy? w_pack?"),
        .. InheritedFlags.Expand(FlagUse.NoEffect, ReadFromConfig, "tokenizer_model true_vocab_size vocab_file add_qkv_bias? add_dense_bias? add_output_layer_bias? post_norm? embed_layernorm?"),
        Refused("save_to_legacy", FlagKind.Bool, "models before Megatron-core are read and not written; leave it out, and train with --use-mcore-models"),
    ];

    /// <summary>Flags that only V2 has; parallel sizes and stages among them are of <see cref="LayoutFlags"/>.</summary>
    internal static readonly IReadOnlyList<FlagSpec> Second =
    [
        new("hf_cfg_dir", FlagKind.Path, "V2, mg to hf: the original Hugging Face folder, for config.json, tokenizer and other files"),
        new("mtp_num_layers", FlagKind.Int, "V2: multi-token prediction layers to convert; without it, as config.json says"),
        new("transformer_impl", FlagKind.Text, "V2: local (usual) or transformer_engine, where norms are fused into projections"),
        new("save_layer_by_layer", FlagKind.Bool, "memory is bounded whatever is written (--max_memory)") { Use = FlagUse.NoEffect },
        Refused("mla_mm_split", FlagKind.Bool, "up projections of latent attention are written whole; split ones are read. Train without --mla-mm-split"),
        Refused("num_layers", FlagKind.Int, "every layer is converted; a model with fewer layers is another model"),
        Refused("first_k_dense_replace", FlagKind.Int, "which layers are dense is read from config.json; another number would leave layers out"),
        Refused("input_tp_rank", FlagKind.Int, Mamba, "1"),
        Refused("input_pp_rank", FlagKind.Int, Mamba, "1"),
        Refused("hidden_size", FlagKind.Int, Mamba, "4096"),
        Refused("mamba_state_dim", FlagKind.Int, Mamba, "128"),
        Refused("mamba_num_groups", FlagKind.Int, Mamba, "8"),
        Refused("mamba_head_dim", FlagKind.Int, Mamba, "64"),
    ];

    /// <summary>Names of V2's flags that other commands have too.</summary>
    internal static readonly IReadOnlyList<string> SecondLayouts = ["expert_tensor_parallel_size", "schedules_method"];

    /// <summary>Every flag, those in use first and in the order of help.</summary>
    internal static readonly IReadOnlyList<FlagSpec> All =
    [
        new("load_model_type", FlagKind.Text, "what is read: hf (usual) or mg"),
        new("save_model_type", FlagKind.Text, "what is written: mg (usual) or hf"),
        new("load_dir", FlagKind.Path, "the checkpoint read"),
        new("save_dir", FlagKind.Path, "where to write; V1, mg to hf: the original Hugging Face folder, in which mg2hf is made"),
        new("model_type_hf", FlagKind.Text, "the model's kind by MindSpeed-LLM's name, which config.json must agree with"),
        .. LayoutFlags.All,
        new("moe_grouped_gemm", FlagKind.Bool, "experts grouped (weight1, weight2) instead of one module each"),
        new("lora_load", FlagKind.Path, "a LoRA checkpoint of Megatron, merged into what is read"),
        new("lora_r", FlagKind.Int, "its rank; without --lora-load, the adapter that lies in --load-dir itself is merged"),
        new("lora_alpha", FlagKind.Number, "its alpha; the change is scaled by alpha over r"),
        new("lora_target_modules", FlagKind.List, "the adapter's own tensors say what it changes") { Use = FlagUse.NoEffect },
        new("save_lora_to_hf", FlagKind.Bool, "write the adapter alone, as PEFT's"),
        .. First,
        .. Second,
        Refused("qlora_nf4", FlagKind.Bool, "weights in 4 bits are not written; MindSpeed-LLM has dropped them too"),
        .. RunFlags.All,
        .. CommonFlags.All,
    ];

    static FlagSpec Refused(string name, FlagKind kind, string why, params string[] harmless) => new(name, kind, why) { Use = FlagUse.Refused, Harmless = harmless };
}
