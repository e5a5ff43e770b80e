using Ckpt.Cli.Output;
using Ckpt.Cli.Running;
using Ckpt.Formats;

namespace Ckpt.Cli.Export;

/// <summary>Carries out an export, prepared by <see cref="ToMegatron"/> or <see cref="ToHuggingFace"/>.</summary>
sealed class ConversionRunner : IExportRunner
{
    public CommandResult Run(ExportArguments arguments, IProgressSink progress, CancellationToken cancel)
    {
        if (arguments.MtpLayers is > 0)
        {
            throw new UnsupportedCheckpointException("CLI-3.11", "--mtp_num_layers", $"{arguments.MtpLayers}; multi-token prediction layers are not in this version");
        }
        return ConversionRun.Execute(
            arguments.Settings, () => arguments.Direction == ExportDirection.ToMcore ? ToMegatron.Prepare(arguments) : ToHuggingFace.Prepare(arguments), progress, cancel);
    }
}
