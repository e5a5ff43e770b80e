using Ckpt.Cli.Export;
using Ckpt.Cli.Flags;
using Ckpt.Cli.Running;

namespace Ckpt.Cli.Infer;

/// <summary>Makes sense of the flags of <c>infer</c>.</summary>
static class InferArgumentsParser
{
    /// <summary>The arguments; what they leave open is told by the run's args.json and the model's files.</summary>
    /// <exception cref="UsageException">They do not say one thing to do.</exception>
    internal static InferArguments Parse(FlagValues values, Func<string, string?, string> findModel, Func<string, bool, AdapterOrigin> findBase)
    {
        var notes = new List<string>();
        var origin = ModelOrigin.Of(values, findModel, findBase, notes);
        var run = RunArguments.FindFor(origin);
        var arguments = new InferArguments
        {
            Origin = origin,
            MaxMemory = MaxMemory(values),
            Threads = Threads(values),
            Prompt = values.Text("prompt"),
            Questions = Questions(values, run, notes),
            ResultPath = values.Text("result_path"),
            System = SystemText(values.Text("system")) ?? run?.System,
            Template = values.Text("template") ?? run?.KnownTemplate,
            UseChatTemplate = values.Bool("no_template") ? false : values.Has("use_chat_template") ? values.Bool("use_chat_template") : run?.UseChatTemplate,
            EnableThinking = values.Has("enable_thinking") ? values.Bool("enable_thinking") : run?.EnableThinking,
            ResponsePrefix = values.Text("response_prefix") ?? run?.ResponsePrefix,
            Stream = values.Bool("stream"),
            MaxNewTokens = RunFlags.AtLeastOne(values, "max_new_tokens"),
            Temperature = InRange(values, "temperature", 0, double.MaxValue),
            TopK = values.Int("top_k") is { } count ? Math.Max(0, count) : null,
            TopP = InRange(values, "top_p", 0, 1),
            RepetitionPenalty = values.Number("repetition_penalty") is { } penalty and <= 0 ? throw new UsageException("CLI-1.7", "--repetition_penalty", $"{penalty}; a number above 0 is allowed") : values.Number("repetition_penalty"),
            Seed = values.Int("seed") ?? InferArguments.DefaultSeed,
            StopWords = [.. values.List("stop_words").Where(static word => word.Length > 0)],
            MaxBatch = RunFlags.AtLeastOne(values, "max_batch_size") ?? InferArguments.DefaultBatch,
        };
        if (arguments.Prompt is not null && !arguments.Questions.IsEmpty) { throw new UsageException("INF-6.1", "--prompt", "and a data set are both given; one of them asks"); }
        if (values.Text("infer_backend") is { } backend && !backend.Equals("pt", StringComparison.OrdinalIgnoreCase) && !backend.Equals("transformers", StringComparison.OrdinalIgnoreCase))
        {
            notes.Add($"--infer_backend {backend} is not here: ckpt computes itself, on the CPU, in float32");
        }
        if (run is not null && arguments.Template is null && run.Template is { } unknown) { notes.Add($"{run.Where} names the template {unknown}, which is not one of ours; the tokenizer's own is taken"); }
        return arguments with { Notes = notes };
    }

    /// <summary>Memory that the flags leave open is three quarters of what there is.</summary>
    internal static long MaxMemory(FlagValues values) => values.Size("max_memory") ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4 * 3;

    /// <summary>Threads that compute.</summary>
    internal static int Threads(FlagValues values) => RunFlags.AtLeastOne(values, "workers") ?? Environment.ProcessorCount;

    static QuestionSource Questions(FlagValues values, RunArguments? run, List<string> notes)
    {
        var (validation, training, ratio) = (values.List("val_dataset"), values.List("dataset"), InRange(values, "split_dataset_ratio", 0, 1));
        var seed = values.Int("data_seed");
        if (!values.Bool("load_data_args") || validation.Count > 0) { return new QuestionSource(validation, training, ratio, values.Text("columns"), seed ?? InferArguments.DefaultSeed); }
        if (run is null) { throw new UsageException("INF-6.6", "--load_data_args", "there is no args.json beside the checkpoint"); }
        var own = run.Questions ?? throw new UsageException("INF-6.6", "--load_data_args", $"{run.Where} names no data set");
        notes.Add(own.Validation.Count > 0
            ? $"{string.Join(", ", own.Validation)} asks, as {run.Where} says"
            : $"{own.SplitRatio} of {string.Join(", ", own.Training)} asks, as {run.Where} says, drawn as ckpt draws it");
        return own with { Columns = values.Text("columns") ?? own.Columns, Seed = seed ?? own.Seed };
    }

    static double? InRange(FlagValues values, string name, double least, double most) => values.Number(name) is { } number && (number < least || number > most)
        ? throw new UsageException("CLI-1.7", "--" + name, FormattableString.Invariant($"{number}; allowed is {least} to {(most == double.MaxValue ? "any" : most)}"))
        : values.Number(name);

    static string? SystemText(string? text) =>
        text is not null && text.EndsWith(".txt", StringComparison.Ordinal) && File.Exists(text) ? File.ReadAllText(text).TrimEnd('\n') : text;
}
