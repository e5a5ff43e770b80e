using Ckpt.Cli.Flags;
using Ckpt.Cli.Layouts;
using Ckpt.Cli.Running;

namespace Ckpt.Cli.Export;

/// <summary>
/// What <c>export</c> does with each flag of <c>megatron export</c> and <c>swift export</c> that can change the result, and our own. Flags that
/// merely come along from training are in <see cref="InheritedFlags"/>.
/// </summary>
static class ExportFlags
{
    const string Quantised = "of quantised weights, 8-bit floats in blocks are written (--fp8_param_gather, --quant_method fp8) and no others";
    const string FromConfig = "the model's shape is read from its config.json (or the checkpoint's args) and cannot be overridden";
    const string FullWeights = "full causal language models are converted in this version";
    const string ForwardOnly = "it belongs to the forward pass of the precision test, which is computed in float32 on the processor here";

    /// <summary>Every flag, those in use first and in the order of help.</summary>
    internal static readonly IReadOnlyList<FlagSpec> All =
    [
        // what to do
        new("to_mcore", FlagKind.Bool, "write a Megatron checkpoint"),
        new("to_hf", FlagKind.Bool, "write a Hugging Face folder of safetensors"),
        new("to_peft_format", FlagKind.Bool, "write an adapter as PEFT's, unmerged: --to_hf true --merge_lora false"),
        new("model", FlagKind.Path, "a Hugging Face folder, or a model's name on the hub that is in the local cache") { Aliases = ["model_id_or_path", "hf_model"] },
        new("mcore_model", FlagKind.Path, "a Megatron checkpoint: the folder of iterations, or one iteration") { Aliases = ["load"] },
        new("output_dir", FlagKind.Path, "where to write; without it, the source's name with -mcore or -hf behind") { Aliases = ["save"] },
        new("torch_dtype", FlagKind.DType, "type of the weights written; without it, as stored") { Aliases = ["dtype"] },
        new("max_shard_size", FlagKind.Size, "largest safetensors file, 5GB where not given"),
        new("thread_count", FlagKind.Int, "number of .distcp files; without it, by size"),
        new("mtp_num_layers", FlagKind.Int, "multi-token prediction layers to convert, 0 to leave them out; without it, as config.json says"),
        new("save_missing_weights", FlagKind.Bool, "carry over source tensors that the model family does not know") { Aliases = ["allow_extra"] },
        new("hf_config", FlagKind.Path, "config.json, or the folder of one, to take in place of the source's"),
        new("make_vocab_size_divisible_by", FlagKind.Int, "pad the vocabulary to a multiple of this times the tensor parallel size, as Megatron-LM does (128 there)"),
        new("megatron_version", FlagKind.Text, "megatron-core version that is to read the output; without it, a form that 0.8 to 0.19 read"),
        new("revision", FlagKind.Text, "branch, tag or commit of a model from the hub") { Aliases = ["model_revision"] },

        // adapters
        new("adapters", FlagKind.List, "adapters in PEFT's format"),
        new("mcore_adapter", FlagKind.List, "adapters in Megatron's format; what --to_hf takes where both are given") { Aliases = ["adapter_load", "mcore_adapters"] },
        new("merge_lora", FlagKind.Bool, "merge adapters into the weights (usual with --to_hf), or convert them alone"),
        new("lora_alpha", FlagKind.Number, "lora_alpha of a Megatron adapter, in place of what its args say"),
        new("adapter_tensor_parallel_size", FlagKind.Int, "tensor parallel size a Megatron adapter was saved under, where its files do not tell"),
        new("tuner_type", FlagKind.Text, "lora or full, which adapters say by being given") { Aliases = ["train_type"] },

        // form
        new("ckpt_format", FlagKind.Text, "Megatron's format: torch_dist (usual), torch (legacy files by rank) or zarr") { Aliases = ["dist_ckpt_format"] },
        .. LegacyFlags.All,
        new("dialect", FlagKind.Text, "whose names and orders a Megatron checkpoint has where they differ: mcore-bridge, native or mindspeed"),
        new("bridge_backend", FlagKind.Text, "mcore-bridge, or megatron-bridge, whose checkpoints are of the dialect native"),
        new("family", FlagKind.Text, "model family to read the config as, whatever its model_type says"),
        new("expert_format", FlagKind.Text, "experts of the Hugging Face folder written: fused or per_expert; without it, as the family's files have them"),
        new("fp8_param_gather", FlagKind.Bool, "write 8-bit floats (e4m3) in blocks of 128 x 128 with their scales") { Aliases = ["fp8_param"] },
        new("fp8_format", FlagKind.Text, "e4m3, the one that 8-bit weights have"),
        new("fp8_recipe", FlagKind.Text, "blockwise, the one that 8-bit weights have"),
        new("quant_method", FlagKind.Text, "fp8: the same as --fp8_param_gather true, with --to_hf"),

        // layout
        .. LayoutFlags.All,

        // how
        .. RunFlags.All,

        // refused by name
        Refused("fp4_format", FlagKind.Text, Quantised),
        Refused("fp4_recipe", FlagKind.Text, Quantised),
        Refused("fp4_param_gather", FlagKind.Bool, Quantised) with { Aliases = ["fp4_param"] },
        Refused("quant_bits", FlagKind.Text, Quantised),
        Refused("safe_serialization", FlagKind.Bool, "weights are written as safetensors; pickled .bin files are not written", "true", "1"),
        Refused("task_type", FlagKind.Text, FullWeights, "causal_lm"),
        Refused("num_labels", FlagKind.Text, FullWeights),
        Refused("new_special_tokens", FlagKind.List, "the vocabulary is converted as it is: new rows would be weights that no file holds"),
        Refused("language_model_only", FlagKind.Bool, FullWeights),
        Refused("linear_decoupled_in_proj", FlagKind.Bool, Quantised),
        Refused("rope_scaling", FlagKind.Text, FromConfig),
        Refused("megatron_extra_kwargs", FlagKind.Text, FromConfig),
        Refused("push_to_hub", FlagKind.Bool, "uploading is left to the hub's own tool: 'hf upload'"),
        Refused("to_cached_dataset", FlagKind.Bool, "export converts weights; data sets are not in this version"),
        Refused("to_ollama", FlagKind.Bool, "Ollama's format is not in this version"),
        .. InheritedFlags.Expand(FlagUse.Refused, FromConfig, InheritedFlags.ModelShape),

        // no effect on weights
        .. InheritedFlags.Expand(FlagUse.NoEffect, ForwardOnly, InheritedFlags.PrecisionTest),
        .. InheritedFlags.All,
        .. CommonFlags.All,
    ];

    static FlagSpec Refused(string name, FlagKind kind, string why, params string[] harmless) =>
        new(name, kind, why) { Use = FlagUse.Refused, Harmless = harmless };
}
