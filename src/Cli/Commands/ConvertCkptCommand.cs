using Ckpt.Cli.Export;
using Ckpt.Cli.Flags;
using Ckpt.Cli.MindSpeed;
using Ckpt.Cli.Output;
using Ckpt.Cli.Reshard;
using Ckpt.Cli.Running;

namespace Ckpt.Cli.Commands;

/// <summary><c>ckpt convert_ckpt</c>: MindSpeed-LLM's converters, old and new.</summary>
sealed class ConvertCkptCommand(IExportRunner runner) : ICommand
{
    public string Name => "convert_ckpt";

    public string Summary => "convert by the flags of MindSpeed-LLM's convert_ckpt.py and convert_ckpt_v2.py";

    public string Usage => "ckpt convert_ckpt --load-model-type hf|mg --save-model-type mg|hf --load-dir FOLDER --save-dir FOLDER [--model-type-hf KIND] [flags]";

    public IReadOnlyList<string> Paths => [];

    public IReadOnlyList<FlagSpec> Flags => ConvertFlags.All;

    public IReadOnlyList<(string Line, string Does)> Examples =>
    [
        ("ckpt convert_ckpt --load-model-type hf --save-model-type mg --target-tensor-parallel-size 1 --target-pipeline-parallel-size 4 --load-dir Qwen3-8B --save-dir qwen3-mcore --model-type-hf qwen3",
            "a line of V2: a file a rank, under MindSpeed-LLM's names"),
        ("ckpt convert_ckpt --load-model-type mg --save-model-type hf --load-dir qwen3-mcore --lora-load run --lora-r 16 --lora-alpha 32 --save-dir merged --hf-cfg-dir Qwen3-8B --model-type-hf qwen3",
            "and back, with what LoRA learned merged"),
        ("ckpt convert_ckpt --use-mcore-models --model-type GPT --load-model-type mg --save-model-type mg --target-tensor-parallel-size 2 --load-dir a --save-dir b --params-dtype bf16",
            "a line of V1: other sizes"),
    ];

    public CommandResult Run(FlagValues values, CommandContext context)
    {
        var arguments = ConvertArgumentsParser.Parse(values, static folder => File.Exists(Path.Combine(folder, "config.json")));
        foreach (var note in values.Notes.Concat(arguments.Notes)) { context.Progress.Note("note: " + note); }
        RunFlags.RefuseExistingOutput(arguments.Settings);
        return arguments.Export is { } export
            ? context.Progress.During(progress => runner.Run(export with { Environment = WorkerEnvironment.From(Environment.GetEnvironmentVariable) }, progress, context.Cancel))
            : context.Progress.During(progress => ConversionRun.Execute(arguments.Settings, () => ReshardPreparation.Prepare(arguments.Reshard!, context.Cancel), progress, context.Cancel));
    }
}
