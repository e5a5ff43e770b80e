using System.Reflection;
using Ckpt.Cli.Commands;
using Ckpt.Cli.Flags;
using Ckpt.Cli.Output;
using Ckpt.Formats;
using Ckpt.Formats.Hub;

namespace Ckpt.Cli;

/// <summary>A run of the program: finds the command, runs it, reports result or fault.</summary>
sealed class Application(IReadOnlyList<ICommand> commands, Terminal terminal, HubEnvironment environment)
{
    // Named in the project's plan, and not built yet: a user who reads of them elsewhere is told so (CLI-4.5).
    static readonly string[] s_planned = ["rlhf", "eval"];

    internal static string Version =>
        typeof(Application).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>Runs a command line and returns the exit code.</summary>
    internal int Run(IReadOnlyList<string> arguments, CancellationToken cancel)
    {
        var json = arguments.Any(a => a is "--json" or "--json=true");
        try { return Dispatch(arguments, cancel); }
        catch (Exception fault) // the one place where faults end: each becomes a report and an exit code, bugs included
        {
            var report = ErrorReport.Of(fault);
            terminal.Error.WriteLine(report.Text);
            if (json) { terminal.Out.WriteLine(JsonText.Of(report.Json)); }
            return report.ExitCode;
        }
        finally { terminal.Out.Flush(); }
    }

    int Dispatch(IReadOnlyList<string> arguments, CancellationToken cancel)
    {
        var at = 0;
        while (at < arguments.Count && arguments[at].StartsWith('-')) { at++; }
        var asked = at < arguments.Count ? arguments[at] : null;
        var rest = arguments.Where((_, index) => index != at).ToList();
        var help = rest.Any(a => a is "--help" or "-h" or "-?");

        if (asked is null && rest.Contains("--version")) { return Say([$"ckpt {Version}"]); }
        if (asked is null or "help" && (help || asked is not null && rest.Count == 0)) { return Say(HelpText.OfProgram(commands, Version)); }
        if (asked == "help") { return Say(HelpText.OfCommand(Find(rest[0]))); }
        if (asked is null) { throw new UsageException("CLI-4.5", "no command", $"there are {Names}; 'ckpt --help' says more"); }

        var command = Find(asked);
        return help ? Say(HelpText.OfCommand(command)) : RunCommand(command, rest, cancel);
    }

    int RunCommand(ICommand command, IReadOnlyList<string> arguments, CancellationToken cancel)
    {
        var values = CommandLine.Parse(command, arguments);
        var json = values.Bool(CommonFlags.Json.Name);
        var progress = new ProgressDisplay(terminal, json || values.Bool(CommonFlags.Quiet.Name), TimeProvider.System);
        var result = command.Run(values, new CommandContext(environment, progress, cancel, terminal.ColourOut) { Out = terminal.Out, In = terminal.In, IsInteractive = terminal.IsInteractive });
        Say(json ? [JsonText.Of(result.Json)] : result.Lines);
        return result.ExitCode;
    }

    string Names => string.Join(", ", commands.Select(c => c.Name));

    ICommand Find(string asked)
    {
        var name = asked.Replace('-', '_');
        if (commands.FirstOrDefault(c => c.Name == name) is { } command) { return command; }
        if (s_planned.Contains(name)) { throw new UnsupportedCheckpointException("CLI-4.5", asked, $"not in this version, which has {Names}"); }
        var nearest = NearestName.Of(name, commands.Select(c => c.Name));
        throw new UsageException("CLI-4.5", asked, nearest is null ? $"no such command; there are {Names}" : $"no such command; did you mean '{nearest}'?");
    }

    int Say(IEnumerable<string> lines)
    {
        foreach (var line in lines) { terminal.Out.WriteLine(line); }
        return ExitCode.Done;
    }
}
