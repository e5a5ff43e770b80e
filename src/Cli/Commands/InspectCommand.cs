using Ckpt.Cli.Flags;
using Ckpt.Cli.Looking;
using Ckpt.Cli.Output;
using Ckpt.Formats.Opening;
using Ckpt.Models.Opening;

namespace Ckpt.Cli.Commands;

/// <summary><c>ckpt inspect</c>: what a checkpoint is. Reads headers and indexes only.</summary>
sealed class InspectCommand(IReadOnlyList<CheckpointFormat> formats) : ICommand
{
    public string Name => "inspect";

    public string Summary => "say what a checkpoint is: format, producer, model, layout, adapters, what lacks";

    public string Usage => "ckpt inspect PATH [--json]";

    public IReadOnlyList<string> Paths => ["PATH (a checkpoint's folder or file)"];

    public IReadOnlyList<FlagSpec> Flags { get; } = [PathFlags.Revision, .. CommonFlags.All];

    public IReadOnlyList<(string Line, string Does)> Examples =>
    [
        ("ckpt inspect Qwen3-8B-mcore", "format, versions, layout, and the args it was saved with"),
        ("ckpt inspect Qwen3-8B --json", "the same for programs"),
    ];

    public CommandResult Run(FlagValues values, CommandContext context)
    {
        using var checkpoint = PathFlags.Open(values, context, formats);
        var config = ConfigFile.ReadFor(checkpoint.Path);
        var model = ModelRecord.Of(checkpoint, checkpoint.Path, new ModelOpenOptions());
        return values.Bool(CommonFlags.Json.Name)
            ? new CommandResult(ExitCode.Done, CheckpointSummary.Json(checkpoint, config, model), [])
            : new CommandResult(ExitCode.Done, [], [.. CheckpointSummary.Lines(checkpoint, config, model)]);
    }
}
