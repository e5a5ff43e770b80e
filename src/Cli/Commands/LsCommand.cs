using Ckpt.Cli.Flags;
using Ckpt.Cli.Looking;
using Ckpt.Cli.Output;
using Ckpt.Formats.Opening;

namespace Ckpt.Cli.Commands;

/// <summary><c>ckpt ls</c>: what a checkpoint holds, tensor by tensor. Reads headers and indexes only.</summary>
sealed class LsCommand(IReadOnlyList<CheckpointFormat> formats) : ICommand
{
    static readonly FlagSpec s_boxes = new("boxes", FlagKind.Bool, "list every box of every tensor, and where it lies");

    public string Name => "ls";

    public string Summary => "list the tensors and objects of a checkpoint";

    public string Usage => "ckpt ls PATH [--boxes] [--json]";

    public IReadOnlyList<string> Paths => ["PATH (a checkpoint's folder or file)"];

    public IReadOnlyList<FlagSpec> Flags { get; } = [s_boxes, PathFlags.Revision, .. CommonFlags.All];

    public IReadOnlyList<(string Line, string Does)> Examples =>
    [
        ("ckpt ls Qwen3-8B", "names, types, shapes and sizes"),
        ("ckpt ls Qwen3-8B-mcore --boxes", "and how each tensor is cut"),
        ("ckpt ls Qwen/Qwen3-8B --json", "a model from the hub's local cache, as JSON"),
    ];

    public CommandResult Run(FlagValues values, CommandContext context)
    {
        using var checkpoint = PathFlags.Open(values, context, formats);
        var boxes = values.Bool(s_boxes.Name);
        return values.Bool(CommonFlags.Json.Name)
            ? new CommandResult(ExitCode.Done, CheckpointListing.Json(checkpoint, boxes), [])
            : new CommandResult(ExitCode.Done, [], [.. CheckpointListing.Lines(checkpoint, boxes)]);
    }
}
