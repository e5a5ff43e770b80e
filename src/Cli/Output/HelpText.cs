using Ckpt.Cli.Commands;
using Ckpt.Cli.Flags;

namespace Ckpt.Cli.Output;

/// <summary>Help, from the commands' own tables. Pure.</summary>
static class HelpText
{
    /// <summary>The program: its commands and exit codes.</summary>
    internal static IEnumerable<string> OfProgram(IReadOnlyList<ICommand> commands, string version)
    {
        yield return $"ckpt {version}: converts and inspects checkpoints of large language models. No Python, no GPU.";
        yield return "";
        yield return "  ckpt COMMAND [flags]        ckpt COMMAND --help        ckpt --version";
        yield return "";
        var width = commands.Max(c => c.Name.Length);
        foreach (var command in commands) { yield return $"  {command.Name.PadRight(width)}  {command.Summary}"; }
        yield return "";
        foreach (var command in commands) { yield return "  " + command.Examples[0].Line; }
        yield return "";
        yield return "Exit codes: 0 done, 1 compared and different, 2 bad arguments, 3 malformed or incomplete input,";
        yield return "4 not supported, 5 would not fit (memory, disk), 130 interrupted (the same command continues).";
    }

    /// <summary>One command: usage, flags, examples.</summary>
    internal static IEnumerable<string> OfCommand(ICommand command)
    {
        yield return $"{command.Usage}";
        yield return "";
        yield return $"  {command.Summary}";
        yield return "";
        var used = command.Flags.Where(f => f.Use == FlagUse.Used).ToList();
        var width = used.Max(f => Head(f).Length);
        foreach (var flag in used)
        {
            yield return $"  {Head(flag).PadRight(width)}  {flag.Help}{(flag.Aliases.Count == 0 ? "" : $" (also {string.Join(", ", flag.Aliases.Select(a => "--" + a))})")}";
        }

        var refused = command.Flags.Where(f => f.Use == FlagUse.Refused).Select(f => f.Name).ToList();
        var idle = command.Flags.Count(f => f.Use == FlagUse.NoEffect);
        if (refused.Count + idle > 0)
        {
            yield return "";
            yield return $"  {idle} further flags of the tools it stands in for are accepted and change nothing; each says why when given.";
            yield return $"  Refused with a reason: {string.Join(", ", refused)}.";
        }

        yield return "";
        yield return "  Dashes and underscores are the same. A value follows its flag or an '='; booleans take true, false or nothing.";
        yield return "";
        foreach (var (line, does) in command.Examples)
        {
            yield return $"  {line}";
            yield return $"      {does}";
        }
    }

    static string Head(FlagSpec flag) => flag.Kind switch
    {
        FlagKind.Bool => flag.Shown,
        FlagKind.Int or FlagKind.Number => $"{flag.Shown} N",
        FlagKind.Size => $"{flag.Shown} SIZE",
        FlagKind.DType => $"{flag.Shown} TYPE",
        FlagKind.Path => $"{flag.Shown} PATH",
        FlagKind.List => $"{flag.Shown} A B …",
        _ => $"{flag.Shown} TEXT",
    };
}
