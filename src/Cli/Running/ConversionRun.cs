using System.Diagnostics;
using System.Text.Json.Nodes;
using Ckpt.Cli.Comparing;
using Ckpt.Cli.Flags;
using Ckpt.Cli.Output;
using Ckpt.Formats;
using Ckpt.Models.Bridge;
using Ckpt.Models.Opening;
using Ckpt.Sharding.Elements;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Plans;
using Ckpt.Sharding.Running;
using Ckpt.Sharding.Views;
using Ckpt.Verify.Reports;

namespace Ckpt.Cli.Running;

/// <summary>Carries out a prepared conversion: plan, checks, copy, comparison, publication. The same for every command that writes a checkpoint.</summary>
static class ConversionRun
{
    /// <summary>Runs it; <paramref name="prepare"/> opens what is read.</summary>
    internal static CommandResult Execute(RunSettings settings, Func<Conversion> prepare, IProgressSink progress, CancellationToken cancel)
    {
        if (settings.Environment.Workers > 1 && settings.Restart)
        {
            throw new UsageException("CLI-8.2", "--restart", $"with {settings.Environment.Workers} workers one would delete what another writes; remove {settings.Output}.partial instead");
        }
        var clock = Stopwatch.StartNew();
        var options = Options(settings);
        MemoryBudget.Enforce(options);
        using var conversion = prepare();
        if (conversion.Source is ViewedCheckpoint viewed) { options = options with { HeldBytes = viewed.HeldBytes }; }
        if (options.Workers > 1) { progress.Note($"note: this is worker {options.Worker} of {options.Workers}, as the launcher's environment says; each does its share of one output"); }
        foreach (var note in conversion.Notes) { progress.Note("note: " + note); }
        var (map, plan) = Plan(conversion, settings);
        var hash = PlanHash.Of(plan, SourceIdentity.Of(conversion));
        var report = new ConversionReport(settings, conversion, plan, hash, options);
        if (settings.DryRun) { return report.DryRun(MemoryBudget.Fit(plan, options, conversion.Source.ReadingCost)); }

        if (settings.Environment.Workers > 1 && PartialOutput.IsPublished(settings.Output, hash)) { return report.ShareDone(clock.Elapsed); }
        PartialOutput.Check(settings.Output, options);
        MemoryBudget.Fit(plan, options, conversion.Source.ReadingCost);
        DiskSpace.Check(plan, conversion.SideFiles, settings.Output);
        var sink = new RunProgress(progress);
        AliasComparison.Check(conversion.Source, plan.Ledger.Aliases, options, sink, cancel);
        ReplicaComparison.Check(conversion.Source, options, sink, cancel);
        var masters = settings.Strict && conversion.Masters is { } strict ? MasterWeights.Of(strict(options, sink, cancel), strict: true, conversion.Source.Path) : null;
        using var output = PartialOutput.Open(settings.Output, hash, options);
        if (CopyRunner.Run(plan, conversion.Source, output, options, sink, cancel) is not { } data) { return report.ShareDone(clock.Elapsed); }
        var files = new List<WrittenFile>(data);
        files.AddRange(OutputFinisher.CopySideFiles(output, conversion.SideFiles));
        files.AddRange(OutputFinisher.Write(output, [.. plan.Layout.Closing, .. conversion.Closing]));
        var said = conversion.Afterwards?.Invoke();
        // What was just copied is likely in memory still.
        if (masters is null && conversion.Masters is { } check) { masters = MasterWeights.Of(check(options, sink, cancel), strict: false, conversion.Source.Path); }
        if (masters is not null) { said = With(said, masters); }
        var comparison = settings.Compare ? Compare(conversion, plan, output, options, sink, cancel) : null;
        PrecisionTest? computed = null;
        if (comparison is { IsEqual: true } && conversion.Computed is { } model)
        {
            // VER-4.1: where nothing was cast or quantised the passes must be equal, too.
            var isExact = plan.Ledger.Casts.Count == 0 && conversion.AsStored is null && settings.DType is null;
            computed = PrecisionTest.Run(model, output.Folder, new ModelOpenOptions { Choices = conversion.WrittenChoices }, isExact, options, sink, cancel);
            said = With(said, new ConversionReceipt(computed.Lines, new JsonObject { ["forward"] = computed.Json }));
        }
        if (comparison is not null && settings.ReportPath is { } page) { said = With(said, Page(page, ConvertedPage.Of(settings, conversion, map, plan, output.Folder, comparison, computed, options, sink, cancel))); }
        if (comparison is { IsEqual: false }) { return report.Different(comparison, output.Folder, said); }
        if (computed is { Faults.Count: > 0 }) { return report.Different(computed, output.Folder, said!); }
        if (settings.Fingerprint ?? settings.Compare) { said = With(said, ConvertedFingerprints.Of(conversion, output.Folder, options, sink, cancel)); }
        OutputFinisher.Write(output, [report.Receipt(files, comparison, said, clock.Elapsed)]);
        output.Publish();
        return report.Done(files, comparison, said, clock.Elapsed);
    }

    static RunOptions Options(RunSettings settings)
    {
        var options = new RunOptions
        {
            Restart = settings.Restart,
            ReplaceExisting = settings.ReplaceOutput,
            Threads = settings.Threads ?? 0,
            Worker = settings.Environment.Worker,
            Workers = settings.Environment.Workers,
        };
        return settings.MaxMemory is { } memory ? options with { MaxMemory = memory } : options;
    }

    static (TensorMap Map, CopyPlan Plan) Plan(Conversion conversion, RunSettings settings)
    {
        var (source, map) = (conversion.Source, conversion.Map);
        var coverage = MapCoverage.Of(source.Tensors, map.Left);
        if (settings.KeepUnknown && coverage.Extra.Count > 0)
        {
            var extra = coverage.Extra.ToHashSet(StringComparer.Ordinal);
            map = PassThrough.Add(map, [.. source.Tensors.Where(t => extra.Contains(t.Name)).Select(static t => new MappedTensor(t.Name, t.Shape))]);
            coverage = MapCoverage.Of(source.Tensors, map.Left);
        }
        if (!coverage.IsComplete) { throw Incomplete(conversion, map); }
        var targets = conversion.Targets is { } decided
            ? [.. decided.Select(target => settings.DType is { } type && conversion.AsStored?.Contains(target.Name) != true && ElementCast.IsKnown(target.DType, type) ? target with { DType = type } : target)]
            : TargetMaker.Make(source.Tensors, map, settings.DType, conversion.CutLeadingAxes, conversion.AsStored);
        if (conversion.Cut is { } cut) { targets = cut(targets); }
        return (map, CopyPlanner.Plan(source.Tensors, map, conversion.Writer.LayOut(targets), coverage));
    }

    static MalformedCheckpointException Incomplete(Conversion conversion, TensorMap map)
    {
        var present = conversion.Source.Tensors.ToDictionary(static t => t.Name, static t => t.Shape, StringComparer.Ordinal);
        if (conversion.Model is null) { return new MalformedCheckpointException("SHD-2.3", conversion.Source.Path, string.Join("\n  ", Said(MapCoverage.Of(conversion.Source.Tensors, map.Left)))); }
        var faults = MissingTensorDiagnosis.Explain(map, conversion.Model, present);
        var texts = faults.Select(static f => f.Kind == TensorFaultKind.Extra ? $"{f.Text} Give --allow_extra true to carry it over as it is." : f.Text);
        return new MalformedCheckpointException("SHD-2.3", conversion.Source.Path, string.Join("\n  ", texts));
    }

    static IEnumerable<string> Said(MapCoverage coverage)
    {
        foreach (var name in coverage.Missing) { yield return $"{name} is missing"; }
        foreach (var wrong in coverage.WrongShapes) { yield return $"{wrong.Name} has shape {wrong.Found}, expected {wrong.Expected}"; }
        foreach (var name in coverage.Extra) { yield return $"{name} is known to no rule; give --allow_extra true to carry it over as it is"; }
    }

    static ConversionReceipt Page(string path, VerificationReport report) => new([ReportFlag.Write(path, report)], []);

    static ConversionReceipt With(ConversionReceipt? said, ConversionReceipt more) =>
        new([.. said?.Lines ?? [], .. more.Lines], new JsonObject([.. (said?.Json ?? []).Concat(more.Json).Select(static entry => KeyValuePair.Create(entry.Key, entry.Value?.DeepClone()))]));

    /// <summary>SHD-7.1.</summary>
    static ComparisonReport Compare(Conversion conversion, CopyPlan plan, PartialOutput output, RunOptions options, IRunProgress progress, CancellationToken cancel)
    {
        using var written = ModelFormats.Open(output.Folder);
        var identity = TensorMap.Identity([.. plan.Layout.Tensors.Select(static t => new MappedTensor(t.Name, t.Shape))]);
        var again = CopyPlanner.Plan(written.Tensors, identity, plan.Layout);
        return PlanComparison.Run(plan, conversion.Source, again, written, options, progress, cancel);
    }
}
