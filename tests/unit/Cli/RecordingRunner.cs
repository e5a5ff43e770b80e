using System.Text.Json.Nodes;
using Ckpt.Cli.Export;
using Ckpt.Cli.Output;

namespace Ckpt.UnitTests.Cli;

/// <summary>Keeps what it was asked for, and does with the progress what it is told to.</summary>
sealed class RecordingRunner(Action<IProgressSink>? act = null) : IExportRunner
{
    internal ExportArguments? Asked { get; private set; }

    public CommandResult Run(ExportArguments arguments, IProgressSink progress, CancellationToken cancel)
    {
        Asked = arguments;
        cancel.ThrowIfCancellationRequested();
        act?.Invoke(progress);
        return new CommandResult(ExitCode.Done, new JsonObject { ["written"] = 3 }, ["3 written"]);
    }
}
