using Ckpt.Cli.Export;
using Ckpt.Cli.Flags;
using Ckpt.Cli.Infer;
using Ckpt.Cli.Output;
using Ckpt.Formats;

namespace Ckpt.Cli.Commands;

/// <summary><c>ckpt infer</c>: asks a model, Hugging Face's or Megatron's, with or without adapters.</summary>
sealed class InferCommand : ICommand
{
    public string Name => "infer";

    public string Summary => "ask a model: one question, a data set, or a conversation; on the CPU";

    public string Usage => "ckpt infer --model FOLDER|ORG/NAME | --mcore_model FOLDER | --adapters FOLDER [--prompt TEXT | --val_dataset FILE] [flags]";

    public IReadOnlyList<string> Paths => [];

    public IReadOnlyList<FlagSpec> Flags => InferFlags.All;

    public IReadOnlyList<(string Line, string Does)> Examples =>
    [
        ("ckpt infer --model Qwen3-0.6B --stream true", "a conversation, each answer as it comes"),
        ("ckpt infer --mcore_model run/iter_0000100 --model Qwen3-0.6B --prompt 'who are you?' --temperature 0", "one question to a Megatron checkpoint"),
        ("ckpt infer --adapters run/checkpoint-100 --load_data_args true --max_new_tokens 512", "the run's validation set, answers in infer_result/"),
        ("ckpt infer --model Qwen3-0.6B --val_dataset test.jsonl#100 --result_path out.jsonl", "a hundred rows of a file"),
    ];

    public CommandResult Run(FlagValues values, CommandContext context)
    {
        var cache = new HubCache(context.Environment);
        var arguments = InferArgumentsParser.Parse(values, cache.Find, AdapterOrigin.Find);
        foreach (var note in values.Notes.Concat(arguments.Notes)) { context.Progress.Note("note: " + note); }
        return new InferRun(arguments, context, values.Bool(CommonFlags.Json.Name)).Run();
    }
}
