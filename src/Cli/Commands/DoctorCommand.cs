using System.Text.Json.Nodes;
using Ckpt.Cli.Flags;
using Ckpt.Cli.Output;
using Ckpt.Cli.Running;
using Ckpt.Formats;
using Ckpt.Models.Opening;
using Ckpt.Sharding.Running;
using Ckpt.Verify.Doctoring;

namespace Ckpt.Cli.Commands;

/// <summary><c>ckpt doctor</c>: what is wrong with a checkpoint, and what can be done.</summary>
sealed class DoctorCommand : ICommand
{
    static readonly FlagSpec s_fix = new("fix", FlagKind.Bool, "repair what is safe in place: index, total_size, format entry, tracker; what was there stays as .bak");
    static readonly FlagSpec s_deep = new("deep", FlagKind.Bool, "read every element: NaN, constant, never written, or the same as another's");

    public string Name => "doctor";

    public string Summary => "find what is damaged, missing or contradictory in a checkpoint, and repair what is safe";

    public string Usage => "ckpt doctor PATH [--fix] [--deep] [--json]";

    public IReadOnlyList<string> Paths => ["PATH (a checkpoint's folder or file)"];

    public IReadOnlyList<FlagSpec> Flags { get; } = [s_fix, s_deep, PathFlags.Revision, .. CommonFlags.All];

    public IReadOnlyList<(string Line, string Does)> Examples =>
    [
        ("ckpt doctor Qwen3-8B", "headers, lengths, index and files held to each other; exit code 3 where it is broken"),
        ("ckpt doctor Qwen3-8B --deep", "and every element read"),
        ("ckpt doctor Qwen3-8B --fix", "the index made anew, where it is wrong"),
    ];

    public CommandResult Run(FlagValues values, CommandContext context)
    {
        var path = new HubCache(context.Environment).Find(values.Positional[0], values.Text(PathFlags.Revision.Name));
        var findings = CheckpointDoctor.Examine(path, context.Cancel);
        var repaired = new List<string>();
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
            using var reader = ModelFormats.Open(path);
            findings = [.. findings, .. context.Progress.During(sink => DataExamination.Examine(reader, new RunOptions(), new RunProgress(sink), context.Cancel))];
        }
        return new CommandResult(isBroken ? ExitCode.BadInput : ExitCode.Done, Json(findings, repaired), Lines(findings, repaired));
    }

    static IEnumerable<string> Lines(IReadOnlyList<Finding> findings, List<string> repaired)
    {
        foreach (var line in repaired) { yield return line; }
        foreach (var finding in findings)
        {
            yield return $"{Word(finding.Severity)}: {(finding.What.StartsWith(finding.Where, StringComparison.Ordinal) ? "" : finding.Where + ": ")}{finding.What}";
            yield return $"  {finding.Advice}";
        }
        yield return findings.Count == 0 ? "nothing found" : $"{findings.Count(static f => f.Severity == Severity.Broken):N0} broken, {findings.Count(static f => f.Severity == Severity.Warning):N0} to look at, {findings.Count(static f => f.Severity == Severity.Note):N0} to know";
    }

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
