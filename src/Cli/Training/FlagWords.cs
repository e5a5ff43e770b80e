using Ckpt.Cli.Flags;

namespace Ckpt.Cli.Training;

/// <summary>Values of training flags, each checked against what is allowed (CLI-11.2).</summary>
static class FlagWords
{
    const string Clause = "CLI-11.2";

    /// <summary>The meaning of a flag's word.</summary>
    /// <exception cref="UsageException">It is none that is known.</exception>
    internal static T Of<T>(FlagValues values, string flag, T otherwise, params IReadOnlyList<(string Word, T Means)> words)
    {
        if (values.Text(flag) is not { } text) { return otherwise; }
        foreach (var (word, means) in words)
        {
            if (word.Equals(text, StringComparison.OrdinalIgnoreCase)) { return means; }
        }
        throw new UsageException(Clause, "--" + flag, $"{text}; allowed are {string.Join(", ", words.Select(w => w.Word))}");
    }

    internal static int AtLeast(FlagValues values, string flag, int otherwise, int least) => values.Int(flag) switch
    {
        null => otherwise,
        { } number when number >= least => number,
        { } number => throw new UsageException(Clause, "--" + flag, $"{number}; at least {least} is allowed"),
    };

    internal static double Within(FlagValues values, string flag, double otherwise, double least, double most) => values.Number(flag) switch
    {
        null => otherwise,
        { } number when number >= least && number <= most => number,
        { } number => throw new UsageException(Clause, "--" + flag, FormattableString.Invariant($"{number}; {least} to {most} is allowed")),
    };

    /// <summary>Text that is given, and no word for nothing.</summary>
    internal static string? Text(FlagValues values, string flag) => values.Text(flag) is { Length: > 0 } text and not ("None" or "none" or "null") ? text : null;

    internal static IReadOnlyList<string> List(FlagValues values, string flag) => [.. values.List(flag).Where(t => t is not ("" or "None" or "null" or "[]"))];

    internal static UsageException Fault(string flag, string message) => new(Clause, "--" + flag, message);
}
