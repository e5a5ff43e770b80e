using System.Text.Json.Nodes;
using Ckpt.Cli.Comparing;
using Ckpt.Cli.Flags;
using Ckpt.Cli.Layouts;
using Ckpt.Cli.Output;
using Ckpt.Cli.Running;
using Ckpt.Formats;
using Ckpt.Models.Opening;
using Ckpt.Sharding.Running;
using Ckpt.Verify.Comparing;
using Ckpt.Verify.Reports;

namespace Ckpt.Cli.Commands;

/// <summary><c>ckpt verify</c>: proves that two checkpoints are one model, by their weights and by what they compute; or that errors would be found.</summary>
sealed class VerifyCommand : ICommand
{
    static readonly FlagSpec s_forward = new("forward", FlagKind.Bool, "run both models over the same tokens and compare what they compute, besides their weights");
    static readonly FlagSpec s_ranked = new("ranked", FlagKind.Bool, "compute a Megatron checkpoint rank by rank, by the layout it has or the one given; with one path, against the same as a whole");
    static readonly FlagSpec s_selfTest = new("self_test", FlagKind.Bool, "plant known errors in what is read of a model (no byte of it is touched) and show which check finds each");
    static readonly FlagSpec s_relative = new("rtol", FlagKind.Number, "count weights as the same that are this much of the second's size apart");
    static readonly FlagSpec s_absolute = new("atol", FlagKind.Number, "and this much besides");

    static readonly IReadOnlyList<FlagSpec> s_models =
    [
        new("model", FlagKind.Path, "the Hugging Face folder that a Megatron checkpoint or an adapter is of, where they do not say"),
        new("hf_config", FlagKind.Path, "config.json, or the folder of one, to take in place of the checkpoints' own"),
        new("family", FlagKind.Text, "model family to read the config as, whatever its model_type says"),
        new("dialect", FlagKind.Text, "whose order gated attention has in a Megatron checkpoint: mcore-bridge, native or mindspeed"),
    ];

    static readonly IReadOnlyList<FlagSpec> s_running =
    [
        new("max_memory", FlagKind.Size, "most memory to use, 1GiB where not given; passes that need more are refused"),
        new("workers", FlagKind.Int, "worker threads; without it, as many as there are processors"),
    ];

    public string Name => "verify";

    public string Summary => "prove that two checkpoints are one model, by weights and by what they compute";

    public string Usage => "ckpt verify A B [--forward] [--ranked] [--threshold X] | ckpt verify --ranked A | ckpt verify --self_test MODEL";

    public IReadOnlyList<string> Paths => ["A (a checkpoint's folder or file, or an adapter's)"];

    public int OptionalPaths => 1;

    public IReadOnlyList<FlagSpec> Flags { get; } = [s_forward, s_ranked, s_selfTest, .. PassFlags.Inputs, .. PassFlags.Limits, s_relative, s_absolute, .. s_models, .. s_running, ReportFlag.Flag, .. LayoutFlags.All, .. CommonFlags.All];

    public IReadOnlyList<(string Line, string Does)> Examples =>
    [
        ("ckpt verify Qwen3-8B Qwen3-8B-mcore", "every weight, under common names; exit code 1 where a bit differs"),
        ("ckpt verify --forward Qwen3-8B Qwen3-8B-mcore", "and mean_diff, max_diff and chosen tokens of a forward pass; a difference is placed"),
        ("ckpt verify --forward Qwen3-8B Qwen3-8B-FP8 --threshold 0.1", "close enough is enough"),
        ("ckpt verify --ranked legacy-tp2pp2", "what its ranks compute, each from its own files, is what the whole does"),
        ("ckpt verify --self_test Qwen3-8B", "which check finds which error"),
    ];

    public CommandResult Run(FlagValues values, CommandContext context)
    {
        var isAlone = values.Positional.Count == 1;
        if (isAlone && !values.Bool(s_ranked.Name) && !values.Bool(s_selfTest.Name)) { throw new UsageException("VER-1.4", Name, $"one path is given, and nothing to hold it to: {Usage}"); }
        if (values.Size("max_memory") is { } memory) { MemoryBudget.Enforce(new RunOptions { MaxMemory = memory }); }
        var page = ReportFlag.PathIn(values);
        var cache = new HubCache(context.Environment);
        using var a = ComparedCheckpoint.Open(values.Positional[0], cache, Options(values));
        Note(context, a.Notes);
        if (values.Bool(s_selfTest.Name))
        {
            if (!isAlone) { throw new UsageException("VER-1.4", s_selfTest.Shown, "errors are planted in one model; two are given"); }
            return context.Progress.During(sink => SelfTestReport.Run(a, values, new RunProgress(sink), text => sink.Note("note: " + text), context.Cancel));
        }
        using var b = isAlone ? null : ComparedCheckpoint.Open(values.Positional[1], cache, Options(values));
        if (b is not null)
        {
            Note(context, b.Notes);
            ComparedCheckpoint.Lend(a, b);
        }
        return context.Progress.During(sink => Compare(a, b, values, page, new RunProgress(sink), text => sink.Note("note: " + text), context.Cancel));
    }

    static ModelOpenOptions Options(FlagValues values) => new()
    {
        Model = values.Text("model"),
        HfConfig = values.Text("hf_config"),
        Family = values.Text("family"),
        Choices = values.Text("dialect") is { } dialect ? new Dictionary<string, string> { [ModelCheckpoint.DialectChoice] = dialect } : new Dictionary<string, string>(),
    };

    static void Note(CommandContext context, IEnumerable<string> notes)
    {
        foreach (var note in notes) { context.Progress.Note("note: " + note); }
    }

    static CommandResult Compare(ComparedCheckpoint a, ComparedCheckpoint? b, FlagValues values, string? page, RunProgress progress, Action<string> note, CancellationToken cancel)
    {
        var run = RunOptionsOf(values);
        foreach (var each in new[] { a, b }.OfType<ComparedCheckpoint>()) { ReplicaComparison.Check(each.Reader, run, progress, cancel); }
        var (json, lines, faults) = (new JsonObject(), new List<string>(), new List<string>());
        VerificationReport? shown = null;
        var criteria = PassFlags.Criteria(values);
        var areWeightsAsked = values.Has(s_relative.Name) || values.Has(s_absolute.Name);
        if (b is not null)
        {
            var sides = ComparedSides.Of(a, b);
            if (page is not null) { sides = sides.ByLayer(); }
            var tolerance = new Tolerance(values.Number(s_relative.Name) ?? 0, values.Number(s_absolute.Name) ?? 0);
            var weights = WeightComparison.Run(sides.A, sides.B, tolerance, run, progress, cancel);
            var isWithin = areWeightsAsked && weights.IsWithin;
            lines.AddRange(WeightReportText.Lines(weights, a.Path, b.Path, sides.Note, isWithin));
            if (page is not null) { shown = ComparisonPage.Of("ckpt verify", ("A", a.Path), ("B", b.Path), sides, weights, areWeightsAsked ? tolerance : null, WeightReportText.Headline(weights)); }
            json["weights"] = WeightReportText.Json(weights, sides.Note, isWithin);
            var areSameValues = weights.IsEqual || (weights.Found is { OnlyInA.Count: 0, OnlyInB.Count: 0 } && weights.Tensors.All(static tensor => tensor.OnlyTypesDiffer));
            // VER-1.1: whoever says how far passes may be apart does not ask for equal bits.
            if (!areSameValues && !isWithin && (areWeightsAsked || !criteria.IsAsked)) { faults.Add("the weights differ"); }
        }
        if (values.Bool(s_forward.Name) || values.Bool(s_ranked.Name) || criteria.IsAsked || PassFlags.Inputs.Any(flag => values.Has(flag.Name)))
        {
            var passes = ForwardVerification.Run(a, b, values, values.Bool(s_ranked.Name), criteria, progress, note, cancel);
            if (page is not null) { shown = (shown ?? Alone(a, values)) with { Forward = passes.Section }; }
            lines.AddRange(passes.Lines);
            json["forward"] = passes.Json;
            faults.AddRange(passes.Faults);
        }
        lines.Add(faults.Count == 0 ? "verified" : $"not verified: {string.Join("; ", faults)}");
        if (page is not null && shown is not null)
        {
            var verdict = faults.Count > 0 ? ReportVerdict.Different : shown.Verdict == ReportVerdict.Same && shown.Forward is not { IsEqual: false } ? ReportVerdict.Same : ReportVerdict.Close;
            lines.Add(ReportFlag.Write(page, shown with { Verdict = verdict, Headline = $"{lines[^1]}; {shown.Headline}" }));
        }
        (json["verified"], json["faults"]) = (faults.Count == 0, new JsonArray([.. faults.Select(static fault => JsonValue.Create(fault))]));
        return new CommandResult(faults.Count == 0 ? ExitCode.Done : ExitCode.Different, json, lines);
    }

    /// <summary>A page about one checkpoint, whole and by ranks.</summary>
    static VerificationReport Alone(ComparedCheckpoint a, FlagValues values) => new()
    {
        Command = "ckpt verify",
        Version = Application.Version,
        Verdict = ReportVerdict.Same,
        Headline = "computed as a whole, and by ranks",
        Sides = [ReportedSide.Of("A", values.Positional[0], a.Reader)],
    };

    internal static RunOptions RunOptionsOf(FlagValues values)
    {
        var options = new RunOptions { Threads = RunFlags.AtLeastOne(values, "workers") ?? 0 };
        return values.Size("max_memory") is { } memory ? options with { MaxMemory = memory } : options;
    }
}
