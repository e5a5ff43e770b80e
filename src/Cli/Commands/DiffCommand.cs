using Ckpt.Cli.Comparing;
using Ckpt.Cli.Flags;
using Ckpt.Cli.Output;
using Ckpt.Cli.Running;
using Ckpt.Formats;
using Ckpt.Sharding.Running;
using Ckpt.Verify.Comparing;

namespace Ckpt.Cli.Commands;

/// <summary><c>ckpt diff</c>: whether two checkpoints hold the same bits, and where not, by how much and why.</summary>
sealed class DiffCommand : ICommand
{
    static readonly FlagSpec s_relative = new("rtol", FlagKind.Number, "count elements as the same that are this much of the second's size apart");
    static readonly FlagSpec s_absolute = new("atol", FlagKind.Number, "and this much besides");

    public string Name => "diff";

    public string Summary => "compare two checkpoints bit for bit, in any formats, and say what differs and why";

    public string Usage => "ckpt diff A B [--rtol X] [--atol X] [--report FILE.html] [--json]";

    public IReadOnlyList<string> Paths => ["A (a checkpoint's folder or file)", "B (another)"];

    public IReadOnlyList<FlagSpec> Flags { get; } = [s_relative, s_absolute, ReportFlag.Flag, .. CommonFlags.All];

    public IReadOnlyList<(string Line, string Does)> Examples =>
    [
        ("ckpt diff Qwen3-8B Qwen3-8B-hf", "names, types, shapes and every bit; exit code 1 where they differ"),
        ("ckpt diff Qwen3-8B Qwen3-8B-mcore", "Hugging Face and Megatron weights of one model, under common names"),
        ("ckpt diff A B --report out.html", "the same as a page to show: verdict, heat map by layer and module, what differs and why"),
        ("ckpt diff A B --rtol 1e-2 --atol 1e-5", "exit code 0 where every element is as close as that"),
    ];

    public CommandResult Run(FlagValues values, CommandContext context)
    {
        var page = ReportFlag.PathIn(values);
        var cache = new HubCache(context.Environment);
        using var a = ComparedCheckpoint.OpenStored(values.Positional[0], cache);
        using var b = ComparedCheckpoint.OpenStored(values.Positional[1], cache);
        ComparedCheckpoint.Lend(a, b);
        var sides = ComparedSides.Of(a, b);
        if (page is not null) { sides = sides.ByLayer(); }
        var tolerance = new Tolerance(values.Number(s_relative.Name) ?? 0, values.Number(s_absolute.Name) ?? 0);
        var report = context.Progress.During(sink => WeightComparison.Run(sides.A, sides.B, tolerance, new RunOptions(), new RunProgress(sink), context.Cancel));
        Tolerance? criteria = values.Has(s_relative.Name) || values.Has(s_absolute.Name) ? tolerance : null;
        var isWithin = criteria is not null && report.IsWithin;
        string[] lines = [.. WeightReportText.Lines(report, a.Path, b.Path, sides.Note, isWithin)];
        if (page is not null) { lines = [.. lines, ReportFlag.Write(page, ComparisonPage.Of("ckpt diff", ("A", a.Path), ("B", b.Path), sides, report, criteria, WeightReportText.Headline(report)))]; }
        return new CommandResult(report.IsEqual || isWithin ? ExitCode.Done : ExitCode.Different, WeightReportText.Json(report, sides.Note, isWithin), lines);
    }
}
