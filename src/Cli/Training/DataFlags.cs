using System.Globalization;
using Ckpt.Cli.Flags;
using Ckpt.Data.Datasets;
using Ckpt.Data.Templates.Named;
using Ckpt.Trainer.Datasets;
using Ckpt.Trainer.Loop.Arguments;

namespace Ckpt.Cli.Training;

/// <summary>The flags that say which rows are trained on and how they become tokens.</summary>
static class DataFlags
{
    internal static readonly IReadOnlyList<FlagSpec> All =
    [
        new("dataset", FlagKind.List, "data sets: PATH[:SUBSET][#COUNT], several; or prefixes of .bin/.idx files that 'ckpt preprocess' wrote") { Aliases = ["data_path"] },
        new("val_dataset", FlagKind.List, "data sets to evaluate on"),
        new("split_dataset_ratio", FlagKind.Number, "part of the rows held back for evaluation where no --val_dataset is given; 0 where not given"),
        new("data_seed", FlagKind.Int, "seed of sampling, splitting and shuffling rows; 42 where not given"),
        new("dataset_shuffle", FlagKind.Bool, "shuffle rows once when they are read; true where not given"),
        new("streaming", FlagKind.Bool, "read rows as they are needed; --train_iters is needed then"),
        new("shuffle_buffer_size", FlagKind.Int, "rows held for shuffling a stream; 1000 where not given"),
        new("interleave_prob", FlagKind.List, "how often each data set is drawn; without it they follow each other"),
        new("stopping_strategy", FlagKind.Text, "with --interleave_prob: first_exhausted (usual) or all_exhausted"),
        new("columns", FlagKind.Text, "columns and the names they stand for, as JSON: {\"question\": \"query\"}"),
        new("strict", FlagKind.Bool, "end at a broken row; without it such rows are counted and left out"),
        new("model_name", FlagKind.List, "what fills {{NAME}} in rows: one name, or a Chinese and an English one"),
        new("model_author", FlagKind.List, "what fills {{AUTHOR}}"),
        new("dataset_num_proc", FlagKind.Int, "threads that encode rows") { Aliases = ["preprocessing_num_workers"] },

        new("template", FlagKind.Text, "template by name (qwen3, llama3, …); auto, the usual, chooses by the model"),
        new("prompt_type", FlagKind.Text, "template by MindSpeed-LLM's name, in its place"),
        new("use_chat_template", FlagKind.Bool, "write rows with the template (sft) or as running text (pt)"),
        new("system", FlagKind.Text, "system text of rows that have none, or a .txt file with it"),
        new("loss_scale", FlagKind.Text, "what is learned: default (answers), last_round, all; + ignore_empty_think, react, hermes, …"),
        new("enable_thinking", FlagKind.Bool, "whether an answer that is left open shall think; without it, as the template does"),
        new("add_non_thinking_prefix", FlagKind.Bool, "put the template's empty thought before answers without one; true where not given"),
        new("response_prefix", FlagKind.Text, "what answers begin with, in place of the template's own"),
        new("max_length", FlagKind.Int, "most tokens of a row; without it, the model's") { Aliases = ["seq_length"] },
        new("truncation_strategy", FlagKind.Text, "what becomes of longer rows: delete (usual), left, right, split (pt)"),
    ];

    internal static DatasetOptions Dataset(FlagValues values)
    {
        var training = FlagWords.List(values, "dataset");
        if (training.Count == 0) { throw FlagWords.Fault("dataset", "no data set is given"); }
        var weights = FlagWords.List(values, "interleave_prob");
        return new DatasetOptions
        {
            Training = training,
            Validation = FlagWords.List(values, "val_dataset"),
            SplitRatio = FlagWords.Within(values, "split_dataset_ratio", 0, 0, 0.999999),
            Seed = (ulong)FlagWords.AtLeast(values, "data_seed", 42, 0),
            Shuffle = values.Bool("dataset_shuffle", otherwise: true),
            Strict = values.Bool("strict"),
            Columns = values.Text("columns") is { Length: > 0 } columns ? ColumnMap.ParseRenames(columns, "--columns") : new Dictionary<string, string>(),
            ModelNames = FlagWords.List(values, "model_name"),
            ModelAuthors = FlagWords.List(values, "model_author"),
            Mix = weights.Count == 0 ? MixStrategy.Concat
                : FlagWords.Of(values, "stopping_strategy", MixStrategy.InterleaveUnder, ("first_exhausted", MixStrategy.InterleaveUnder), ("all_exhausted", MixStrategy.InterleaveOver)),
            MixWeights = weights.Count == 0 ? null : [.. weights.Select(Probability)],
            ShuffleBuffer = FlagWords.AtLeast(values, "shuffle_buffer_size", 1000, 1),
        };
    }

    internal static EncodingArguments Encoding(FlagValues values, bool isPretraining) => new()
    {
        Template = FlagWords.Text(values, "template") ?? "auto",
        PromptType = FlagWords.Text(values, "prompt_type"),
        UseChatTemplate = values.Bool("use_chat_template", otherwise: !isPretraining),
        System = System(values),
        LossScale = FlagWords.Text(values, "loss_scale") ?? (isPretraining ? "all" : "default"),
        EnableThinking = FlagWords.Text(values, "enable_thinking") is null ? null : values.Bool("enable_thinking"),
        AddNonThinkingPrefix = values.Bool("add_non_thinking_prefix", otherwise: true),
        ResponsePrefix = FlagWords.Text(values, "response_prefix"),
        MaxLength = values.Has("max_length") ? FlagWords.AtLeast(values, "max_length", 0, 2) : null,
        Truncation = Truncation(values, isPretraining),
        Threads = FlagWords.AtLeast(values, "dataset_num_proc", Environment.ProcessorCount, 1),
        IsStreamed = values.Bool("streaming"),
    };

    static TruncationStrategy Truncation(FlagValues values, bool isPretraining)
    {
        var strategy = FlagWords.Of(values, "truncation_strategy", TruncationStrategy.Delete,
            ("delete", TruncationStrategy.Delete), ("left", TruncationStrategy.Left), ("right", TruncationStrategy.Right), ("split", TruncationStrategy.Split));
        return strategy != TruncationStrategy.Split || isPretraining ? strategy
            : throw FlagWords.Fault("truncation_strategy", "split is for running text (ckpt pt): a part of a conversation has lost its question");
    }

    static string? System(FlagValues values)
    {
        var text = values.Text("system");
        return text is not null && text.EndsWith(".txt", StringComparison.Ordinal) && File.Exists(text) ? File.ReadAllText(text) : text;
    }

    static double Probability(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number > 0 ? number
        : throw FlagWords.Fault("interleave_prob", $"'{text}' is no number above 0");
}
