using Ckpt.Cli.Export;
using Ckpt.Cli.Flags;
using Ckpt.Cli.Output;
using Ckpt.Cli.Running;
using Ckpt.Formats;
using Ckpt.Formats.Opening;

namespace Ckpt.Cli.Commands;

/// <summary><c>ckpt export</c>: Hugging Face folders to Megatron checkpoints and back.</summary>
sealed class ExportCommand(IExportRunner runner) : ICommand
{
    public string Name => "export";

    public string Summary => "convert Hugging Face safetensors to a Megatron checkpoint, or back; merge or convert adapters";

    public string Usage => "ckpt export (--to_mcore | --to_hf) (--model FOLDER|NAME | --mcore_model FOLDER) [--adapters FOLDER | --mcore_adapter FOLDER] [--output_dir FOLDER] [flags]";

    public IReadOnlyList<string> Paths => [];

    public IReadOnlyList<FlagSpec> Flags => ExportFlags.All;

    public IReadOnlyList<(string Line, string Does)> Examples =>
    [
        ("ckpt export --model Qwen/Qwen3-8B --to_mcore true --output_dir Qwen3-8B-mcore", "a model from the local hub cache to torch_dist"),
        ("ckpt export --mcore_model Qwen3-8B-mcore --to_hf true --output_dir Qwen3-8B-hf --test_convert_precision true", "and back, weights and forward pass compared after writing"),
        ("ckpt export --model Qwen/Qwen3-8B --adapters run/checkpoint-100 --to_hf true --merge_lora true", "an adapter of PEFT's merged into the model it was trained on"),
        ("ckpt export --mcore_adapter run/checkpoint-100 --to_hf true --merge_lora false", "an adapter of Megatron's as PEFT's"),
        ("ckpt export --model ./Qwen3-8B --to_mcore --max_memory 4GiB --dry_run", "print the plan, and whether it fits"),
    ];

    public CommandResult Run(FlagValues values, CommandContext context)
    {
        var arguments = ExportArgumentsParser.Parse(values, new HubCache(context.Environment).Find, AdapterOrigin.Find) with { Environment = WorkerEnvironment.From(Environment.GetEnvironmentVariable) };
        foreach (var note in values.Notes.Concat(Notes(arguments))) { context.Progress.Note("note: " + note); }
        RunFlags.RefuseExistingOutput(arguments.Settings);
        return context.Progress.During(progress => runner.Run(arguments, progress, context.Cancel));
    }

    /// <summary>What a user of other tools would expect to happen, and does not.</summary>
    internal static IEnumerable<string> Notes(ExportArguments arguments)
    {
        foreach (var note in arguments.Notes) { yield return note; }
        var sizes = arguments.Parallel;
        if (sizes is { Pipeline: 1, Expert: 1, ExpertTensor: 1, Context: 1, Tensor: 1 } || arguments.CkptFormat == FormatNames.LegacyTorch) { yield break; }
        yield return arguments.Direction == ExportDirection.ToMcore
            ? $"a {arguments.CkptFormat} checkpoint can be loaded under any parallel sizes: those given are checked, and the tensor parallel size pads the vocabulary"
            : "parallel sizes have no effect on the safetensors written";
    }
}
