using System.Text.Json.Nodes;
using Ckpt.Cli.Flags;
using Ckpt.Cli.Output;
using Ckpt.Cli.Running;
using Ckpt.Formats;
using Ckpt.Models.Opening;
using Ckpt.Sharding.Running;

namespace Ckpt.Cli.Commands;

/// <summary><c>ckpt diff</c>: whether two checkpoints of the same tensor names hold the same bits.</summary>
sealed class DiffCommand : ICommand
{
    const int Shown = 20;

    public string Name => "diff";

    public string Summary => "compare two checkpoints of the same tensor names bit for bit";

    public string Usage => "ckpt diff A B [--json]";

    public IReadOnlyList<string> Paths => ["A (a checkpoint's folder or file)", "B (another)"];

    public IReadOnlyList<FlagSpec> Flags => CommonFlags.All;

    public IReadOnlyList<(string Line, string Does)> Examples =>
    [
        ("ckpt diff Qwen3-8B Qwen3-8B-hf", "names, types, shapes and every bit; exit code 1 where they differ"),
    ];

    public CommandResult Run(FlagValues values, CommandContext context)
    {
        var cache = new HubCache(context.Environment);
        var (a0, b0) = (cache.Find(values.Positional[0]), cache.Find(values.Positional[1]));
        using var a = ModelFormats.Open(a0);
        using var b = ModelFormats.Open(b0);
        var found = context.Progress.During(sink => CheckpointComparison.Run(a, b, new RunOptions(), new RunProgress(sink), context.Cancel));
        return new CommandResult(found.IsEqual ? ExitCode.Done : ExitCode.Different, Json(found), Lines(found, a0, b0));
    }

    static IEnumerable<string> Lines(CheckpointDifference found, string a, string b)
    {
        foreach (var line in Some(found.OnlyInA.Select(name => $"only in {a}: {name}"))) { yield return line; }
        foreach (var line in Some(found.OnlyInB.Select(name => $"only in {b}: {name}"))) { yield return line; }
        foreach (var line in Some(found.Forms.Select(static f => $"{f.Name}: {f.TypeA} {f.ShapeA} and {f.TypeB} {f.ShapeB}"))) { yield return line; }
        foreach (var line in Some(found.Bits.Differences.Select(static d => $"{d.Name}: {d.Elements:N0} elements differ, the first at {d.FirstElement:N0}"))) { yield return line; }
        var differ = found.OnlyInA.Count + found.OnlyInB.Count + found.Forms.Count + found.Bits.Differences.Count;
        yield return found.IsEqual ? ConversionReport.Verdict(found.Bits) : $"different: {differ:N0} tensors; {found.Bits.Tensors - found.Bits.Differences.Count:N0} are bit-identical";
    }

    static IEnumerable<string> Some(IEnumerable<string> lines)
    {
        var all = lines.ToList();
        foreach (var line in all.Take(Shown)) { yield return line; }
        if (all.Count > Shown) { yield return $"… and {all.Count - Shown:N0} more like that"; }
    }

    static JsonObject Json(CheckpointDifference found) => new()
    {
        ["equal"] = found.IsEqual,
        ["tensors"] = found.Bits.Tensors,
        ["bytes"] = found.Bits.Bytes,
        ["only_in_a"] = new JsonArray([.. found.OnlyInA.Select(static n => JsonValue.Create(n))]),
        ["only_in_b"] = new JsonArray([.. found.OnlyInB.Select(static n => JsonValue.Create(n))]),
        ["other_form"] = new JsonArray([.. found.Forms.Select(static f => JsonValue.Create(f.Name))]),
        ["different"] = new JsonArray([.. found.Bits.Differences.Select(static d => new JsonObject { ["name"] = d.Name, ["elements"] = d.Elements, ["first"] = d.FirstElement })]),
    };
}
