using Ckpt.Cli.Flags;
using Ckpt.Formats;
using Ckpt.Formats.Opening;
using Ckpt.Formats.Tensors;

namespace Ckpt.Cli.Commands;

/// <summary>What commands that look at one checkpoint have in common.</summary>
static class PathFlags
{
    internal static readonly FlagSpec Revision = new("revision", FlagKind.Text, "branch, tag or commit of a model from the hub") { Aliases = ["model_revision"] };

    /// <summary>Opens the checkpoint at the command's path, or that a hub name stands for.</summary>
    internal static ICheckpointReader Open(FlagValues values, CommandContext context, IReadOnlyList<CheckpointFormat> formats) =>
        CheckpointOpener.Open(new HubCache(context.Environment).Find(values.Positional[0], values.Text(Revision.Name)), formats);
}
