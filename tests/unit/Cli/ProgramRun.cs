using Ckpt.Cli;
using Ckpt.Cli.Commands;
using Ckpt.Cli.Export;
using Ckpt.Cli.Output;
using Ckpt.Formats.Hub;
using Ckpt.Formats.Opening;

namespace Ckpt.UnitTests.Cli;

/// <summary>A run of the whole front end in this process: exit code and what was printed.</summary>
sealed record ProgramRun(int ExitCode, string Out, string Error)
{
    /// <summary>Runs a command line.</summary>
    internal static ProgramRun Of(string[] arguments, IExportRunner? exporter = null, IReadOnlyList<CheckpointFormat>? formats = null,
        HubEnvironment? environment = null, IReadOnlyList<ICommand>? commands = null, string input = "", CancellationToken cancel = default)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        using var reader = new StringReader(input);
        formats ??= FakeCheckpoint.Formats();
        commands ??= [new ExportCommand(exporter ?? new RecordingRunner()), new LsCommand(formats), new InspectCommand(formats), new TokenizeCommand()];
        var application = new Application(commands, new Terminal(output, error, IsLive: false, Colours: false) { In = reader }, environment ?? NoCaches);
        var code = application.Run(arguments, cancel);
        return new ProgramRun(code, output.ToString(), error.ToString());
    }

    /// <summary>An environment whose caches are nowhere.</summary>
    internal static HubEnvironment NoCaches { get; } = new(_ => null, "/nonexistent/home");
}
