using System.CommandLine;
using Ckpt.Cli.Commands;

namespace Ckpt.Cli.Flags;

/// <summary>Understands a command's tokens: spelling by our flag table, structure by System.CommandLine.</summary>
static class CommandLine
{
    // A flag may be repeated; that it is given once, or the same, is checked after (CLI-1.6).
    const int Repetitions = 1000;

    /// <summary>The values that the tokens behind a command's name give.</summary>
    /// <exception cref="UsageException">They cannot be understood.</exception>
    internal static FlagValues Parse(ICommand command, IReadOnlyList<string> tokens)
    {
        var table = new FlagTable(command.Flags);
        var grammar = new Command(command.Name);
        var options = new Dictionary<FlagSpec, Option<string[]>>();
        foreach (var flag in table.All)
        {
            var isList = flag.Kind == FlagKind.List;
            var option = new Option<string[]>(flag.Shown) { AllowMultipleArgumentsPerToken = isList, Arity = new ArgumentArity(isList ? 0 : 1, Repetitions) };
            options.Add(flag, option);
            grammar.Add(option);
        }
        var paths = new Argument<string[]>("paths") { Arity = new ArgumentArity(0, Repetitions) };
        grammar.Add(paths);

        // No response files: an @ belongs to hub revisions. No bundling: there are no one-letter flags to bundle.
        var parsed = grammar.Parse(FlagTokens.Normalise(tokens, table, command.Name), new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0) { throw new UsageException("CLI-1.7", command.Name, parsed.Errors[0].Message); }

        var positional = parsed.GetValue(paths) ?? [];
        CheckPaths(command, positional);
        return new FlagValues(options.Where(o => parsed.GetResult(o.Value) is { Implicit: false }).Select(o => (o.Key, Once(o.Key, parsed.GetValue(o.Value) ?? []))), positional);
    }

    static IReadOnlyList<string> Once(FlagSpec flag, string[] texts)
    {
        if (flag.Kind == FlagKind.List) { return texts; }
        var different = texts.Distinct(StringComparer.Ordinal).ToList();
        return different.Count == 1 ? different
            : throw new UsageException("CLI-1.6", flag.Shown, $"given as '{different[0]}' and as '{different[1]}'; once is allowed (its other names are {Others(flag)})");
    }

    static string Others(FlagSpec flag) => flag.Aliases.Count == 0 ? "none" : string.Join(", ", flag.Aliases.Select(a => "--" + a));

    static void CheckPaths(ICommand command, string[] positional)
    {
        if (positional.Length < command.Paths.Count)
        {
            throw new UsageException("CLI-1.7", command.Name, $"needs {command.Paths[positional.Length]}: {command.Usage}");
        }
        if (positional.Length > command.Paths.Count + command.OptionalPaths)
        {
            throw new UsageException("CLI-1.7", command.Name, $"'{positional[command.Paths.Count + command.OptionalPaths]}' belongs to no flag: {command.Usage}");
        }
    }
}
