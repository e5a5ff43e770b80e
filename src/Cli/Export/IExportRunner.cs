using Ckpt.Cli.Output;

namespace Ckpt.Cli.Export;

/// <summary>Does what an export line asks for: plans, checks, writes, publishes, compares.</summary>
interface IExportRunner
{
    /// <summary>Plans the export and, unless only the plan is asked for, carries it out. Faults leave as exceptions.</summary>
    CommandResult Run(ExportArguments arguments, IProgressSink progress, CancellationToken cancel);
}
