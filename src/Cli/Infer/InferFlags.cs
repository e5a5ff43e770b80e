using Ckpt.Cli.Commands;
using Ckpt.Cli.Export;
using Ckpt.Cli.Flags;

namespace Ckpt.Cli.Infer;

/// <summary>What <c>infer</c> does with each flag of <c>swift infer</c>, and our own.</summary>
static class InferFlags
{
    const string OtherEngine = "it steers an engine on a GPU; here ckpt computes itself, on the CPU";
    const string Float32 = "everything is computed in float32, of weights as they are stored";

    /// <summary>The flags that say which model is run.</summary>
    internal static readonly IReadOnlyList<FlagSpec> Model =
    [
        new("model", FlagKind.Path, "a Hugging Face folder, or a model's name on the hub that is in the local cache; beside --mcore_model, where config and tokenizer are") { Aliases = ["model_id_or_path", "hf_model"] },
        new("mcore_model", FlagKind.Path, "a Megatron checkpoint of any format: the folder of iterations, or one iteration") { Aliases = ["load"] },
        new("adapters", FlagKind.List, "PEFT adapters, merged as the weights are read; their base is --model, or what they name") { Aliases = ["ckpt_dir"] },
        new("mcore_adapter", FlagKind.List, "Megatron adapters, merged as the weights are read") { Aliases = ["adapter_load"] },
        new("lora_alpha", FlagKind.Number, "alpha of a Megatron adapter that does not say its own"),
        new("hf_config", FlagKind.Path, "a config.json, or its folder, in place of the model's"),
        new("family", FlagKind.Text, "read the model as this model_type, whatever config.json says"),
        new("dialect", FlagKind.Text, "whose order of rows gated attention has, where a Megatron checkpoint does not say"),
        new("max_memory", FlagKind.Size, "most memory to use, such as 8GiB; without it, three quarters of what the machine has. Weights that do not fit are read anew for every token"),
        new("workers", FlagKind.Int, "threads that compute; without it, one a processor"),
        PathFlags.Revision,
    ];

    /// <summary>Every flag, those in use first and in the order of help.</summary>
    internal static readonly IReadOnlyList<FlagSpec> All =
    [
        .. Model,
        // what is asked
        new("prompt", FlagKind.Text, "one question; the answer is printed and the run ends"),
        new("val_dataset", FlagKind.List, "questions from data sets, each PATH[:SUBSET][#COUNT]"),
        new("dataset", FlagKind.List, "the same; with --split_dataset_ratio, the part split off for validation"),
        new("split_dataset_ratio", FlagKind.Number, "the part of --dataset that is for validation; without it, all of it is asked"),
        new("columns", FlagKind.Text, "columns that stand for others, as JSON: {\"text1\": \"query\"}"),
        new("data_seed", FlagKind.Int, "decides which rows #COUNT and the split draw; 42 where it is not given"),
        new("load_data_args", FlagKind.Bool, "ask the validation set of the run whose args.json lies with the checkpoint"),
        new("result_path", FlagKind.Path, "a .jsonl to which each answer is added; without it, answers to data sets go to infer_result/ beside the checkpoint"),
        // how
        new("system", FlagKind.Text, "the system text, or the .txt file it stands in"),
        new("template", FlagKind.Text, "a template by name (qwen3, llama3, chatml, default, …) in place of the tokenizer's own"),
        new("use_chat_template", FlagKind.Bool, "false: the text goes to the model as it is"),
        new("no_template", FlagKind.Bool, "the same as --use_chat_template false"),
        new("enable_thinking", FlagKind.Bool, "whether the model shall think; without it, as the template does"),
        new("response_prefix", FlagKind.Text, "what every answer begins with"),
        new("stream", FlagKind.Bool, "print answers as they come"),
        new("max_new_tokens", FlagKind.Int, "tokens of an answer at most; 2048 where it is not given") { Aliases = ["max_tokens"] },
        new("temperature", FlagKind.Number, "what logits are divided by before a token is drawn; 0: the best is taken. This and the next three are generation_config.json's where they are not given"),
        new("top_k", FlagKind.Int, "draw among so many of the likeliest tokens; 0 or -1: among all"),
        new("top_p", FlagKind.Number, "draw among the likeliest tokens that together reach this probability"),
        new("repetition_penalty", FlagKind.Number, "what logits of tokens seen before are divided by"),
        new("seed", FlagKind.Int, "the same seed, the same answers; 42 where it is not given"),
        new("stop_words", FlagKind.List, "texts that end an answer, and are no part of it"),
        new("max_batch_size", FlagKind.Int, "rows of a data set that are computed together; 8 where it is not given"),
        new("infer_backend", FlagKind.Text, "pt and every other are ckpt's own forward pass on the CPU"),
        new("merge_lora", FlagKind.Bool, "adapters are merged while they are read, and nothing is written") { Use = FlagUse.NoEffect },
        .. CommonFlags.All,
        .. InheritedFlags.Expand(FlagUse.NoEffect, Float32, "torch_dtype attn_impl attn_implementation quant_method device_map max_memory_per_device experts_impl"),
        .. InheritedFlags.Expand(FlagUse.NoEffect, OtherEngine, """
            vllm_max_model_len vllm_gpu_memory_utilization vllm_tensor_parallel_size vllm_pipeline_parallel_size vllm_data_parallel_size vllm_enable_expert_parallel?
            vllm_max_num_seqs vllm_enforce_eager? vllm_enable_prefix_caching? vllm_disable_custom_all_reduce? vllm_limit_mm_per_prompt vllm_max_lora_rank vllm_use_async_engine?
            vllm_quantization vllm_reasoning_parser vllm_disable_cascade_attn? vllm_speculative_config vllm_engine_kwargs
            gpu_memory_utilization tensor_parallel_size pipeline_parallel_size max_num_seqs max_model_len enforce_eager? limit_mm_per_prompt
            lmdeploy_tp lmdeploy_session_len lmdeploy_cache_max_entry_count lmdeploy_quant_policy sglang_tp_size sglang_dp_size sglang_mem_fraction_static sglang_context_length
            """),
        .. InheritedFlags.Expand(FlagUse.NoEffect, "it is about a trainer's data, or about how rows are batched there", """
            write_batch_size dataset_num_proc dataset_shuffle? val_dataset_shuffle? load_from_cache_file? streaming? padding_side truncation_strategy max_length remove_unused_columns?
            strict? custom_register_path* external_plugins* agent_template loss_scale ddp_backend metric
            """),
        .. InheritedFlags.Expand(FlagUse.NoEffect, "the model's family is read from config.json, and nothing is downloaded", "model_type use_hf? hub_token download_mode task_type check_model? load_args? safe_serialization? tuner_backend"),
        new("num_beams", FlagKind.Int, "tokens are taken or drawn one by one; there is no beam search") { Use = FlagUse.Refused, Harmless = ["1"] },
        new("logprobs", FlagKind.Bool, "probabilities are not given out; the field logprobs of a result is null") { Use = FlagUse.Refused },
        new("images", FlagKind.List, "models are asked in text only") { Use = FlagUse.Refused },
    ];
}
