using System.Globalization;
using System.Text.Json.Nodes;
using Ckpt.Cli.Flags;
using Ckpt.Cli.Output;
using Ckpt.Cli.Preprocess;
using Ckpt.Data.Indexed;
using Ckpt.Data.Preprocessing;

namespace Ckpt.Cli.Commands;

/// <summary><c>ckpt preprocess</c>: rows of text to Megatron's indexed data sets, by the flags of MindSpeed-LLM.</summary>
sealed class PreprocessCommand(IEncoderFactory encoders) : ICommand
{
    public string Name => "preprocess";

    public string Summary => "make training data (.bin/.idx) of jsonl, json, csv, txt or parquet";

    public string Usage => "ckpt preprocess --input DATA --tokenizer-name-or-path FOLDER --output-prefix PREFIX [--handler-name NAME --prompt-type NAME] [flags]";

    public IReadOnlyList<string> Paths => [];

    public IReadOnlyList<FlagSpec> Flags => PreprocessFlags.All;

    public IReadOnlyList<(string Line, string Does)> Examples =>
    [
        ("ckpt preprocess --input train.parquet --tokenizer-name-or-path Qwen3-8B --output-prefix data/alpaca --handler-name AlpacaStyleInstructionHandler --prompt-type qwen3 --enable-thinking true",
            "instructions, as data/alpaca_packed_{input_ids,attention_mask,labels}_document.{bin,idx}"),
        ("ckpt preprocess --input corpus.jsonl --tokenizer-name-or-path Qwen3-8B --output-prefix data/corpus --append-eod", "text, as data/corpus_text_document.{bin,idx}"),
        ("ckpt preprocess --input parts --merge-group-keys input_ids labels --output-prefix data/all", "merge data sets that were made apart"),
    ];

    public CommandResult Run(FlagValues values, CommandContext context)
    {
        foreach (var note in values.Notes) { context.Progress.Note("note: " + note); }
        if (values.List(PreprocessFlags.MergeKeys.Name) is { Count: > 0 } keys) { return Merge(values, keys, context.Cancel); }

        var arguments = PreprocessArguments.Parse(values);
        var options = arguments.Options;
        IChatEncoder? chat = null;
        if (options.Handler.Kind != PreprocessKind.Text) { chat = encoders.OpenChat(arguments.Tokenizer, arguments.Template, arguments.Thinking); }
        var text = chat?.Text ?? encoders.OpenText(arguments.Tokenizer);
        options = options with
        {
            DType = arguments.IdType switch
            {
                "uint16" => IndexedDType.UInt16,
                "auto" => IndexedDTypes.ForVocabulary(text.VocabularySize),
                _ => IndexedDType.Int32,
            },
        };
        var report = context.Progress.During(progress => new PreprocessRunner(options, text, chat).Run(null, new PreprocessProgress(progress), context.Cancel));
        return new CommandResult(ExitCode.Done, Json(report), Lines(report, options));
    }

    static CommandResult Merge(FlagValues values, IReadOnlyList<string> keys, CancellationToken cancel)
    {
        var input = PreprocessArguments.Required(values, PreprocessFlags.Input)[0];
        var merged = IndexedMerge.Run(input, keys, PreprocessArguments.Output(values), cancel);
        return new CommandResult(ExitCode.Done, new JsonObject { ["outputs"] = Names(merged) }, [.. merged.Select(m => $"wrote {m}.bin and .idx")]);
    }

    static JsonObject Json(PreprocessReport report) => new()
    {
        ["rows"] = report.Rows,
        ["samples"] = report.Samples,
        ["sequences"] = report.Sequences,
        ["tokens"] = report.Tokens,
        ["too_long"] = report.TooLong,
        ["empty"] = report.Empty,
        ["broken"] = report.Broken,
        ["outputs"] = Names(report.Outputs),
    };

    static IEnumerable<string> Lines(PreprocessReport report, PreprocessOptions options)
    {
        yield return $"{Count(report.Rows)} rows, {Count(report.Samples)} samples, {Count(report.Sequences)} sequences, {Count(report.Tokens)} tokens";
        if (report.TooLong > 0) { yield return $"left out: {Count(report.TooLong)} samples of {options.SequenceLength} tokens and more"; }
        if (report.Empty > 0) { yield return $"left out: {Count(report.Empty)} rows without question, answer or text"; }
        if (report.Broken > 0) { yield return $"left out: {Count(report.Broken)} broken rows"; }
        foreach (var output in report.Outputs) { yield return $"wrote {output}.bin and .idx"; }
    }

    static JsonArray Names(IEnumerable<string> names) => [.. names.Select(n => (JsonNode)n)];

    static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
