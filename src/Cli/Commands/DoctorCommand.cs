using System.Text.Json.Nodes;
using Ckpt.Cli.Comparing;
using Ckpt.Cli.Flags;
using Ckpt.Cli.Output;
using Ckpt.Cli.Running;
using Ckpt.Formats;
using Ckpt.Models.Opening;
using Ckpt.Sharding.Running;
using Ckpt.Verify.Doctoring;
using Ckpt.Verify.Reports;

namespace Ckpt.Cli.Commands;

/// <summary><c>ckpt doctor</c>: what is wrong with a checkpoint, and what can be done.</summary>
sealed class DoctorCommand : ICommand
{
    static readonly FlagSpec s_fix = new("fix", FlagKind.Bool, "repair what is safe in place: index, total_size, format entry, tracker; what was there stays as .bak");
    static readonly FlagSpec s_normalise = new("normalise_metadata", FlagKind.Bool, "write the index of a torch_dist checkpoint anew, in the form that every torch and Megatron-core reads; what was there stays as .bak") { Aliases = ["normalize_metadata"] };
    static readonly FlagSpec s_strict = new("strict", FlagKind.Bool, "exit code 3 for warnings too");
    static readonly FlagSpec s_deep = new("deep", FlagKind.Bool, "read everything: sums left by the conversion, by Megatron or in the zips of torch, and every element: NaN, constant, never written, or the same as another's");

    public string Name => "doctor";

    public string Summary => "find what is damaged, missing or contradictory in a checkpoint, and repair what is safe";

    public string Usage => "ckpt doctor PATH [--fix] [--deep] [--report FILE.html] [--json]";

    public IReadOnlyList<string> Paths => ["PATH (a checkpoint's folder or file)"];

    public IReadOnlyList<FlagSpec> Flags { get; } = [s_fix, s_deep, s_strict, s_normalise, ReportFlag.Flag, PathFlags.Revision, .. CommonFlags.All];

    public IReadOnlyList<(string Line, string Does)> Examples =>
    [
        ("ckpt doctor Qwen3-8B", "headers, lengths, index and files held to each other; exit code 3 where it is broken"),
        ("ckpt doctor Qwen3-8B --deep", "and every element read"),
        ("ckpt doctor Qwen3-8B --fix", "the index made anew, where it is wrong"),
    ];

    public CommandResult Run(FlagValues values, CommandContext context)
    {
        var page = ReportFlag.PathIn(values);
        var path = new HubCache(context.Environment).Find(values.Positional[0], values.Text(PathFlags.Revision.Name));
        var findings = CheckpointDoctor.Examine(path, context.Cancel);
        var repaired = new List<string>();
        if (values.Bool(s_normalise.Name))
        {
            foreach (var repair in IndexNormalisation.Plan(path))
            {
                RepairRunner.Run(repair);
                repaired.Add($"repaired: {repair.Path} {repair.Does}");
            }
            findings = CheckpointDoctor.Examine(path, context.Cancel);
        }
        if (values.Bool(s_fix.Name))
        {
            foreach (var repair in findings.Select(static finding => finding.Repair).OfType<Repair>().DistinctBy(static repair => repair.Path))
            {
                RepairRunner.Run(repair);
                repaired.Add($"repaired: {repair.Path} {repair.Does}");
            }
            if (repaired.Count > 0) { findings = CheckpointDoctor.Examine(path, context.Cancel); }
        }
        var isBroken = findings.Any(static finding => finding.Severity == Severity.Broken);
        if (values.Bool(s_deep.Name) && !isBroken)
        {
            findings = [.. findings.Concat(context.Progress.During(sink => CheckpointDoctor.Deep(path, new RunOptions(), new RunProgress(sink), context.Cancel))).OrderByDescending(static finding => finding.Severity)];
            isBroken = findings.Any(static finding => finding.Severity == Severity.Broken);
        }
        var lines = Lines(findings, repaired).ToList();
        if (page is not null) { lines.Add(ReportFlag.Write(page, Page(path, findings, repaired))); }
        return new CommandResult(isBroken || (values.Bool(s_strict.Name) && findings.Any(static finding => finding.Severity == Severity.Warning)) ? ExitCode.BadInput : ExitCode.Done, Json(findings, repaired), lines);
    }

    static IEnumerable<string> Lines(IReadOnlyList<Finding> findings, List<string> repaired)
    {
        foreach (var line in repaired) { yield return line; }
        foreach (var finding in findings)
        {
            yield return $"{Word(finding.Severity)}: {(finding.What.StartsWith(finding.Where, StringComparison.Ordinal) ? "" : finding.Where + ": ")}{finding.What}";
            yield return $"  {finding.Advice}";
        }
        yield return Headline(findings);
    }

    static VerificationReport Page(string path, IReadOnlyList<Finding> findings, IReadOnlyList<string> repaired) => new()
    {
        Command = "ckpt doctor",
        Version = Application.Version,
        Verdict = findings.Any(static finding => finding.Severity == Severity.Broken) ? ReportVerdict.Broken : findings.Any(static finding => finding.Severity == Severity.Warning) ? ReportVerdict.Suspect : ReportVerdict.Sound,
        Headline = Headline(findings),
        Sides = Side(path),
        Findings = findings,
        Notes = repaired,
    };

    static ReportedSide[] Side(string path)
    {
        try
        {
            using var reader = ModelFormats.Open(path);
            return [ReportedSide.Of("PATH", path, reader)];
        }
        catch (Exception error) when (error is CheckpointException or IOException or UnauthorizedAccessException) { return [new ReportedSide("PATH", path, "cannot be opened", 0, 0)]; }
    }

    static string Headline(IReadOnlyList<Finding> findings) => findings.Count == 0
        ? "nothing found"
        : $"{findings.Count(static f => f.Severity == Severity.Broken):N0} broken, {findings.Count(static f => f.Severity == Severity.Warning):N0} to look at, {findings.Count(static f => f.Severity == Severity.Note):N0} to know";

    static JsonObject Json(IReadOnlyList<Finding> findings, List<string> repaired) => new()
    {
        ["broken"] = findings.Any(static finding => finding.Severity == Severity.Broken),
        ["repaired"] = new JsonArray([.. repaired.Select(static line => JsonValue.Create(line))]),
        ["findings"] = new JsonArray([.. findings.Select(static finding => new JsonObject
        {
            ["severity"] = Word(finding.Severity), ["where"] = finding.Where, ["what"] = finding.What, ["advice"] = finding.Advice, ["can_be_fixed"] = finding.Repair is not null,
        })]),
    };

    static string Word(Severity severity) => severity switch { Severity.Broken => "broken", Severity.Warning => "warning", _ => "note" };
}
