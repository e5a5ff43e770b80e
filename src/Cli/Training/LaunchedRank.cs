using Ckpt.Cli.Output;

namespace Ckpt.Cli.Training;

/// <summary>A rank that <see cref="RankLauncher"/> started: it listens to it, and not to the terminal, whose signals reach both.</summary>
static class LaunchedRank
{
    /// <summary>The variable that says so.</summary>
    internal const string Variable = "CKPT_LAUNCHED_RANK";

    /// <summary>The line that asks a rank to stop.</summary>
    internal const string Stop = "stop";

    /// <summary>Whether this process is one.</summary>
    internal static bool IsThis => Environment.GetEnvironmentVariable(Variable) == "1";

    /// <summary>Listens on a thread of its own; ends the process where the launcher is gone.</summary>
    internal static void Listen(CancellationTokenSource interrupt)
    {
        var listener = new Thread(() =>
        {
            using var input = new StreamReader(Console.OpenStandardInput());
            while (input.ReadLine() is { } line)
            {
                if (line == Stop) { interrupt.Cancel(); }
            }
            Environment.Exit(ExitCode.Interrupted);
        })
        { IsBackground = true, Name = "launcher" };
        listener.Start();
    }
}
