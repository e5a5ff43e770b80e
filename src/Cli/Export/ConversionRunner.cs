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
            arguments.Settings, () => Prepare(arguments), progress, cancel);
    }

    static Conversion Prepare(ExportArguments arguments)
    {
        var model = ExportSource.Open(arguments);
        try { return arguments.Direction == ExportDirection.ToMcore ? ToMegatron.Prepare(arguments, model) : ToHuggingFace.Prepare(arguments, model); }
        catch
        {
            model.Dispose();
            throw;
        }
    }
}
