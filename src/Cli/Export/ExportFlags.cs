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
    const string Adapters = "adapters are not in this version: full weights only";
    const string Quantised = "writing quantised weights is not in this version: weights are written as bfloat16, float16 or float32";
    const string FromConfig = "the model's shape is read from its config.json (or the checkpoint's args) and cannot be overridden";
    const string FullWeights = "full causal language models are converted in this version";
    const string ForwardOnly = "it belongs to the forward pass of the precision test; here weights are compared bit for bit, which needs none";

    /// <summary>Every flag, those in use first and in the order of help.</summary>
    internal static readonly IReadOnlyList<FlagSpec> All =
    [
        // what to do
        new("to_mcore", FlagKind.Bool, "write a Megatron torch_dist checkpoint"),
        new("to_hf", FlagKind.Bool, "write a Hugging Face folder of safetensors"),
        new("model", FlagKind.Path, "a Hugging Face folder, or a model's name on the hub that is in the local cache") { Aliases = ["model_id_or_path", "hf_model"] },
        new("mcore_model", FlagKind.Path, "a Megatron checkpoint: the folder of iterations, or one iteration") { Aliases = ["load"] },
        new("output_dir", FlagKind.Path, "where to write; without it, the source's name with -mcore or -hf behind") { Aliases = ["save"] },
        new("torch_dtype", FlagKind.DType, "type of the weights written; without it, as stored") { Aliases = ["dtype"] },
        new("max_shard_size", FlagKind.Size, "largest safetensors file, 5GB where not given"),
        new("thread_count", FlagKind.Int, "number of .distcp files; without it, by size"),
        new("mtp_num_layers", FlagKind.Int, "multi-token prediction layers; without it, as config.json says"),
        new("save_missing_weights", FlagKind.Bool, "carry over source tensors that the model family does not know") { Aliases = ["allow_extra"] },
        new("hf_config", FlagKind.Path, "config.json, or the folder of one, to take in place of the source's"),
        new("make_vocab_size_divisible_by", FlagKind.Int, "pad the vocabulary to a multiple of this times the tensor parallel size, as Megatron-LM does (128 there)"),
        new("megatron_version", FlagKind.Text, "megatron-core version that is to read the output; without it, a form that 0.8 to 0.19 read"),
        new("revision", FlagKind.Text, "branch, tag or commit of a model from the hub") { Aliases = ["model_revision"] },

        // layout
        .. LayoutFlags.All,

        // how
        .. RunFlags.All,

        // refused by name
        Refused("adapters", FlagKind.List, Adapters),
        Refused("mcore_adapter", FlagKind.List, Adapters) with { Aliases = ["adapter_load", "mcore_adapters"] },
        new("merge_lora", FlagKind.Bool, "no adapter is given, so there is nothing to merge") { Use = FlagUse.NoEffect },
        Refused("tuner_type", FlagKind.Text, Adapters, "full") with { Aliases = ["train_type"] },
        Refused("fp8_format", FlagKind.Text, Quantised),
        Refused("fp8_recipe", FlagKind.Text, Quantised),
        Refused("fp8_param_gather", FlagKind.Bool, Quantised) with { Aliases = ["fp8_param"] },
        Refused("fp4_format", FlagKind.Text, Quantised),
        Refused("fp4_recipe", FlagKind.Text, Quantised),
        Refused("fp4_param_gather", FlagKind.Bool, Quantised) with { Aliases = ["fp4_param"] },
        Refused("quant_method", FlagKind.Text, Quantised),
        Refused("quant_bits", FlagKind.Text, Quantised),
        Refused("bridge_backend", FlagKind.Text, "checkpoints are named as mcore-bridge and Megatron-core name them", "mcore-bridge"),
        Refused("ckpt_format", FlagKind.Text, "Megatron checkpoints are written as torch_dist; Megatron-core itself has dropped zarr, and legacy torch files depend on the layout", "torch_dist"),
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
        Refused("to_peft_format", FlagKind.Bool, Adapters),
        .. InheritedFlags.Expand(FlagUse.Refused, FromConfig, InheritedFlags.ModelShape),

        // no effect on weights
        .. InheritedFlags.Expand(FlagUse.NoEffect, ForwardOnly, InheritedFlags.PrecisionTest),
        .. InheritedFlags.All,
        .. CommonFlags.All,
    ];

    static FlagSpec Refused(string name, FlagKind kind, string why, params string[] harmless) =>
        new(name, kind, why) { Use = FlagUse.Refused, Harmless = harmless };
}
