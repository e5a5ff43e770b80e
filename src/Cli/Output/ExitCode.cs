namespace Ckpt.Cli.Output;

/// <summary>What the process ends with (CLI-4.1).</summary>
static class ExitCode
{
    internal const int Done = 0;

    /// <summary>Compared, and different.</summary>
    internal const int Different = 1;

    internal const int BadArguments = 2;

    /// <summary>Malformed, incomplete or absent input.</summary>
    internal const int BadInput = 3;

    /// <summary>Valid, and not handled by this version.</summary>
    internal const int Unsupported = 4;

    /// <summary>Too little memory or disk space.</summary>
    internal const int WouldNotFit = 5;

    /// <summary>A fault of this program (EX_SOFTWARE of sysexits.h).</summary>
    internal const int Bug = 70;

    /// <summary>Interrupted; the same command continues (128 + SIGINT).</summary>
    internal const int Interrupted = 130;
}
