using Ckpt.Cli.Flags;
using Ckpt.Cli.Output;

namespace Ckpt.Cli.Commands;

/// <summary>A command of <c>ckpt</c>: what it is called, what it takes, what it does.</summary>
interface ICommand
{
    string Name { get; }

    /// <summary>One sentence for the list of commands.</summary>
    string Summary { get; }

    /// <summary>The shape of its command line.</summary>
    string Usage { get; }

    /// <summary>Names of the paths it takes, in order.</summary>
    IReadOnlyList<string> Paths { get; }

    /// <summary>How many further arguments that are no flags it may be given.</summary>
    int OptionalPaths => 0;

    IReadOnlyList<FlagSpec> Flags { get; }

    /// <summary>Lines that can be copied, each with what it does.</summary>
    IReadOnlyList<(string Line, string Does)> Examples { get; }

    /// <summary>Does it. Faults leave as exceptions.</summary>
    CommandResult Run(FlagValues values, CommandContext context);
}
