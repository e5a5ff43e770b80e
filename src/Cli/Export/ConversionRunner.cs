using Ckpt.Cli.Output;
using Ckpt.Cli.Running;

namespace Ckpt.Cli.Export;

/// <summary>Carries out an export: of a model, of a model with adapters merged into it, or of an adapter alone.</summary>
sealed class ConversionRunner : IExportRunner
{
    public CommandResult Run(ExportArguments arguments, IProgressSink progress, CancellationToken cancel) =>
        ConversionRun.Execute(arguments.Settings, () => Prepare(arguments), progress, cancel);

    internal static Conversion Prepare(ExportArguments arguments)
    {
        if (arguments.Adapters.Count > 0 && !arguments.MergeLora) { return AdapterExport.Prepare(arguments); }
        var source = ExportSource.Open(arguments);
        try { return arguments.Direction == ExportDirection.ToMcore ? ToMegatron.Prepare(arguments, source) : ToHuggingFace.Prepare(arguments, source); }
        catch
        {
            source.Model.Dispose();
            throw;
        }
    }
}
