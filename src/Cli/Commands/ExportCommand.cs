using Ckpt.Cli.Export;
using Ckpt.Cli.Flags;
using Ckpt.Cli.Output;
using Ckpt.Cli.Running;
using Ckpt.Formats;

namespace Ckpt.Cli.Commands;

/// <summary><c>ckpt export</c>: Hugging Face folders to Megatron checkpoints and back.</summary>
sealed class ExportCommand(IExportRunner runner) : ICommand
{
    public string Name => "export";

    public string Summary => "convert Hugging Face safetensors to a Megatron checkpoint, or back";

    public string Usage => "ckpt export (--to_mcore | --to_hf) (--model FOLDER|NAME | --mcore_model FOLDER) [--output_dir FOLDER] [flags]";

    public IReadOnlyList<string> Paths => [];

    public IReadOnlyList<FlagSpec> Flags => ExportFlags.All;

    public IReadOnlyList<(string Line, string Does)> Examples =>
    [
        ("ckpt export --model Qwen/Qwen3-8B --to_mcore true --output_dir Qwen3-8B-mcore", "a model from the local hub cache to torch_dist"),
        ("ckpt export --mcore_model Qwen3-8B-mcore --to_hf true --output_dir Qwen3-8B-hf --test_convert_precision true", "and back, every weight compared after writing"),
        ("ckpt export --model ./Qwen3-8B --to_mcore --max_memory 4GiB --dry_run", "print the plan, and whether it fits"),
    ];

    public CommandResult Run(FlagValues values, CommandContext context)
    {
        var arguments = ExportArgumentsParser.Parse(values, new HubCache(context.Environment).Find) with { Environment = WorkerEnvironment.From(Environment.GetEnvironmentVariable) };
        foreach (var note in values.Notes.Concat(Notes(arguments))) { context.Progress.Note("note: " + note); }
        RunFlags.RefuseExistingOutput(arguments.Settings);
        return context.Progress.During(progress => runner.Run(arguments, progress, context.Cancel));
    }

    /// <summary>What a user of other tools would expect to happen, and does not.</summary>
    internal static IEnumerable<string> Notes(ExportArguments arguments)
    {
        if (arguments.Compare)
        {
            yield return "--test_convert_precision compares every weight bit for bit by reading back what was written; the comparison of forward passes is not in this version";
        }
        var sizes = arguments.Parallel;
        if (sizes.Pipeline > 1 || sizes.Expert > 1 || sizes.ExpertTensor > 1 || sizes.Context > 1 || sizes.Tensor > 1)
        {
            yield return arguments.Direction == ExportDirection.ToMcore
                ? "a torch_dist checkpoint can be loaded under any parallel sizes: those given are checked, and the tensor parallel size pads the vocabulary"
                : "parallel sizes have no effect on the safetensors written";
        }
    }
}
