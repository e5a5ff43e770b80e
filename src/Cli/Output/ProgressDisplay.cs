using Spectre.Console;

namespace Ckpt.Cli.Output;

/// <summary>Chooses how long work is shown: bars on a terminal, lines elsewhere, nothing where quiet was asked for (CLI-4.4).</summary>
sealed class ProgressDisplay(Terminal terminal, bool quiet, TimeProvider clock)
{
    static readonly TimeSpan s_betweenLines = TimeSpan.FromSeconds(5);

    /// <summary>Whether anything is shown.</summary>
    internal bool Quiet => quiet;

    /// <summary>A line for the user, outside any work.</summary>
    internal void Note(string text)
    {
        if (!quiet) { terminal.Error.WriteLine(text); }
    }

    /// <summary>Does the work while its progress is shown.</summary>
    internal T During<T>(Func<IProgressSink, T> work)
    {
        if (quiet) { return work(new SilentProgress()); }
        return terminal.IsLive ? WithBars(work) : WithLines(work);
    }

    T WithLines<T>(Func<IProgressSink, T> work)
    {
        var lines = new LineProgress(terminal.Error, clock, s_betweenLines);
        var result = work(lines);
        lines.Finish();
        return result;
    }

    T WithBars<T>(Func<IProgressSink, T> work)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            ColorSystem = terminal.Colours ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Out = new AnsiConsoleOutput(terminal.Error),
        });
        return console.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(),
                new DownloadedColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
            .Start(context => work(new BarProgress(context, console)));
    }
}
