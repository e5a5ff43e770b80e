using Ckpt.Cli.Flags;

namespace Ckpt.Cli.Preprocess;

/// <summary>The flags of <c>ckpt preprocess</c>: those of MindSpeed-LLM's <c>preprocess_data.py</c>, and a few of our own.</summary>
static class PreprocessFlags
{
    internal static readonly FlagSpec Input = new("input", FlagKind.List, "files, folders or names of data sets, each PATH[:SUBSET][#COUNT]: jsonl, json, csv, txt, parquet") { Aliases = ["dataset"] };
    internal static readonly FlagSpec OutputPrefix = new("output_prefix", FlagKind.Path, "what the outputs' names begin with; its folder must exist");
    internal static readonly FlagSpec Handler = new("handler_name", FlagKind.Text, "how rows are read: GeneralPretrainHandler (where none is given), AlpacaStyleInstructionHandler, SharegptStyleInstructionHandler, OpenAIInstructionHandler, AlpacaStylePairwiseHandler, SharegptStylePairwiseHandler");
    internal static readonly FlagSpec Tokenizer = new("tokenizer_name_or_path", FlagKind.Path, "folder of the tokenizer") { Aliases = ["tokenizer", "model"] };
    internal static readonly FlagSpec PromptType = new("prompt_type", FlagKind.Text, "template by name, such as qwen3") { Aliases = ["template"] };
    internal static readonly FlagSpec Thinking = new("enable_thinking", FlagKind.Text, "true: answers without thoughts learn empty ones; false: thoughts are removed; none: as they are");
    internal static readonly FlagSpec SequenceLength = new("seq_length", FlagKind.Int, "samples of this many tokens and more are left out, or shortened where the template does");
    internal static readonly FlagSpec Pack = new("pack", FlagKind.Bool, "put several samples into a sequence of --seq-length");
    internal static readonly FlagSpec NeatPack = new("neat_pack", FlagKind.Bool, "the attention mask numbers the samples of a sequence (with --pack)");
    internal static readonly FlagSpec MapKeys = new("map_keys", FlagKind.Text, "JSON: which column is prompt, query, response, history, system, messages, tags, tools, chosen, rejected");
    internal static readonly FlagSpec JsonKeys = new("json_keys", FlagKind.List, "columns of text for pre-training; 'text' where none is given");
    internal static readonly FlagSpec AppendEod = new("append_eod", FlagKind.Bool, "end each sample with the end token");
    internal static readonly FlagSpec PadToMultiple = new("pad_to_multiple_of", FlagKind.Int, "fill pre-training texts up to a multiple");
    internal static readonly FlagSpec Workers = new("workers", FlagKind.Int, "threads that make tokens; all processors where none is given");
    internal static readonly FlagSpec MaxSamples = new("max_samples", FlagKind.Int, "take so many rows at most");
    internal static readonly FlagSpec Mix = new("mix_strategy", FlagKind.Text, "several inputs: concat, interleave_under (to the end of the first), interleave_over (to the end of all)");
    internal static readonly FlagSpec Probabilities = new("interleave_probs", FlagKind.Text, "how often each input is drawn, separated by commas");
    internal static readonly FlagSpec Seed = new("seed", FlagKind.Int, "seed of the draws; 1234 where none is given");
    internal static readonly FlagSpec MergeKeys = new("merge_group_keys", FlagKind.List, "merge the data sets in the folder --input whose names contain each key");
    internal static readonly FlagSpec Strict = new("strict", FlagKind.Bool, "end at the first broken row; otherwise broken rows are reported and left out");
    internal static readonly FlagSpec Compat = new("compat", FlagKind.Text, "mindspeed: the bytes of its quirks too (a sample left out ends an empty document)");
    internal static readonly FlagSpec IdType = new("dtype", FlagKind.Text, "element type of pre-training ids: int32 (MindSpeed's), uint16, or auto (Megatron's choice by vocabulary)");

    internal static readonly IReadOnlyList<FlagSpec> All =
    [
        Input, OutputPrefix, Handler, Tokenizer, PromptType, Thinking, SequenceLength, Pack, NeatPack, MapKeys, JsonKeys, AppendEod, PadToMultiple,
        Workers, MaxSamples, Mix, Probabilities, Seed, MergeKeys, Strict, Compat, IdType,
        Free("streaming", FlagKind.Bool, "rows are always streamed"),
        Free("dataset_impl", FlagKind.Text, "the output is always the memory-mapped form"),
        Free("n_subs", FlagKind.Int, "one run writes the merged bytes directly"),
        Free("log_interval", FlagKind.Int, "progress is shown by time"),
        Free("overwrite_cache", FlagKind.Bool, "there is no cache"),
        Free("cache_dir", FlagKind.Text, "there is no cache"),
        Free("tokenizer_not_use_fast", FlagKind.Bool, "there is one tokenizer, and its ids are those of both"),
        Free("make_vocab_size_divisible_by", FlagKind.Int, "ids do not depend on the padded vocabulary"),
        Free("pad_vocab_size_to", FlagKind.Int, "ids do not depend on the padded vocabulary"),
        Free("keep_newlines", FlagKind.Bool, "newlines are kept"),
        Free("prompt_type_path", FlagKind.Text, "templates are part of the program"),
        new("tokenizer_type", FlagKind.Text, "tokenizers are read as Hugging Face writes them (tokenizer.json)") { Use = FlagUse.Refused, Harmless = ["PretrainedFromHF"] },
        No("split_sentences", FlagKind.Bool, "texts are not split into sentences in this version"),
        No("vocab_file", FlagKind.Text, "tokenizers are read as Hugging Face writes them: give --tokenizer-name-or-path"),
        No("merge_file", FlagKind.Text, "tokenizers are read as Hugging Face writes them: give --tokenizer-name-or-path"),
        No("tokenizer_model", FlagKind.Text, "tokenizers are read as Hugging Face writes them: give --tokenizer-name-or-path"),
        No("reward_tokens", FlagKind.List, "process rewards are not in this version"),
        No("hf_datasets_params", FlagKind.Text, "files are read by ckpt itself: give their paths"),
        No("datasets", FlagKind.List, "give the paths of several data sets to --input"),
        No("dataset_dir", FlagKind.Text, "give the paths of several data sets to --input"),
        No("dataset_additional_keys", FlagKind.List, "the handlers that write additional keys are not in this version"),
        No("script_data_dir", FlagKind.Text, "scripts are not run"),
        No("data_obfuscation", FlagKind.Bool, "obfuscation is not in this version"),
        No("obf_seed_content", FlagKind.Text, "obfuscation is not in this version"),
        No("reasoning_effort", FlagKind.Text, "it belongs to the deepseek4 template, which is not in this version"),
        .. CommonFlags.All,
    ];

    static FlagSpec Free(string name, FlagKind kind, string why) => new(name, kind, why) { Use = FlagUse.NoEffect };

    static FlagSpec No(string name, FlagKind kind, string why) => new(name, kind, why) { Use = FlagUse.Refused };
}
