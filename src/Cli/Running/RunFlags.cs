using Ckpt.Cli.Comparing;
using Ckpt.Cli.Flags;

namespace Ckpt.Cli.Running;

/// <summary>The flags of every command that writes a checkpoint: how it is run, checked and published.</summary>
static class RunFlags
{
    internal static readonly FlagSpec Output = new("output_dir", FlagKind.Path, "where to write") { Aliases = ["save", "save_dir"] };

    /// <summary>All but the output, which commands describe themselves.</summary>
    internal static readonly IReadOnlyList<FlagSpec> All =
    [
        new("exist_ok", FlagKind.Bool, "replace the output where it exists"),
        new("test_convert_precision", FlagKind.Bool, "read back what was written: every weight is compared bit for bit and, in an export, the forward passes of both are"),
        ReportFlag.Flag,
        new("fingerprint", FlagKind.Bool, "fingerprint source and output for the receipt; without it, where weights are compared"),
        new("dry_run", FlagKind.Bool, "print the plan and write nothing"),
        new("max_memory", FlagKind.Size, "most memory to use, such as 4GiB; a plan that needs more is refused"),
        new("workers", FlagKind.Int, "worker threads; without it, as many as there are processors, at least 4"),
        new("restart", FlagKind.Bool, "begin again where an interrupted run would be continued"),
    ];

    /// <summary>What these flags say.</summary>
    internal static RunSettings Settings(FlagValues values, string command, string source, string output) => new()
    {
        Command = command,
        Source = source,
        Output = output,
        ReplaceOutput = values.Bool("exist_ok"),
        Compare = values.Bool("test_convert_precision"),
        ReportPath = Report(values),
        Fingerprint = Fingerprint(values),
        DryRun = values.Bool("dry_run"),
        MaxMemory = values.Size("max_memory"),
        Threads = AtLeastOne(values, "workers"),
        Restart = values.Bool("restart"),
        Environment = WorkerEnvironment.From(Environment.GetEnvironmentVariable),
    };

    /// <summary>Where the page of the comparison goes. It is of the comparison, which has to be asked for.</summary>
    internal static string? Report(FlagValues values) => ReportFlag.PathIn(values) is { } path && !values.Bool("test_convert_precision")
        ? throw new UsageException("RPT-1.5", ReportFlag.Flag.Shown, $"{path} would tell of the comparison: give --test_convert_precision true too")
        : ReportFlag.PathIn(values);

    internal static bool? Fingerprint(FlagValues values) => values.Has("fingerprint") ? values.Bool("fingerprint") : null;

    /// <summary>CLI-3.5: said before the first byte is read, not after hours.</summary>
    internal static void RefuseExistingOutput(RunSettings settings)
    {
        if (settings.DryRun) { return; }
        var output = settings.Output;
        if (File.Exists(output)) { throw new UsageException("CLI-3.5", "--output_dir", $"{output} is a file"); }
        if (!settings.ReplaceOutput && settings.Environment.Workers == 1 && Directory.Exists(output) && Directory.EnumerateFileSystemEntries(output).Any())
        {
            throw new UsageException("CLI-3.5", "--output_dir", $"{output} exists and is not empty; give another folder, or --exist_ok true to replace it");
        }
    }

    /// <summary>CLI-3.4: what is read would be replaced.</summary>
    internal static string CheckedOutput(string output, params IEnumerable<string?> inputs)
    {
        foreach (var input in inputs)
        {
            if (input is not null && IsSameOrAbove(output, input))
            {
                throw new UsageException("CLI-3.4", "--output_dir", $"{output} is the source, or holds it ({input}); what is read would be replaced");
            }
        }
        return output;
    }

    internal static int? AtLeastOne(FlagValues values, string name) => values.Int(name) is { } number and < 1
        ? throw new UsageException("CLI-1.7", "--" + name, $"{number}; at least 1 is allowed")
        : values.Int(name);

    static bool IsSameOrAbove(string outer, string inner)
    {
        var relative = Path.GetRelativePath(Path.GetFullPath(outer), Path.GetFullPath(inner));
        return relative == "." || relative != ".." && !relative.StartsWith(".." + Path.DirectorySeparatorChar, StringComparison.Ordinal) && !Path.IsPathRooted(relative);
    }
}
