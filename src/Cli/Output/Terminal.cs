namespace Ckpt.Cli.Output;

/// <summary>Where a run writes: results to one stream, everything else to the other (CLI-4.4).</summary>
/// <param name="Out">Results.</param>
/// <param name="Error">Notes, progress, faults.</param>
/// <param name="IsLive">Whether Error is a terminal on which a line can be redrawn.</param>
/// <param name="Colours">Whether colours may be used there.</param>
sealed record Terminal(TextWriter Out, TextWriter Error, bool IsLive, bool Colours)
{
    /// <summary>Whether colours may be used on Out.</summary>
    internal bool ColourOut { get; init; }

    /// <summary>What the user types.</summary>
    internal TextReader In { get; init; } = TextReader.Null;

    /// <summary>Whether a person types it.</summary>
    internal bool IsInteractive { get; init; }

    /// <summary>The process's own, buffered; NO_COLOR and TERM=dumb are respected.</summary>
    internal static Terminal OfProcess()
    {
        var dumb = Environment.GetEnvironmentVariable("TERM") is null or "" or "dumb" && !OperatingSystem.IsWindows();
        var noColour = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        var live = !Console.IsErrorRedirected && !dumb;
        var output = new StreamWriter(Console.OpenStandardOutput(), new System.Text.UTF8Encoding(false), 1 << 16);
        return new Terminal(output, Console.Error, live, live && !noColour) { ColourOut = !Console.IsOutputRedirected && !dumb && !noColour, In = Console.In, IsInteractive = !Console.IsInputRedirected };
    }
}
