using System.Diagnostics;
using Ckpt.Cli.Output;
using Ckpt.Formats;
using Ckpt.Models.Bridge;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Plans;
using Ckpt.Sharding.Running;

namespace Ckpt.Cli.Export;

/// <summary>Carries out an export: plan, checks, copy, comparison, publication. Prepared by <see cref="ToMegatron"/> or <see cref="ToHuggingFace"/>.</summary>
sealed class ConversionRunner : IExportRunner
{
    public CommandResult Run(ExportArguments arguments, IProgressSink progress, CancellationToken cancel)
    {
        if (arguments.MtpLayers is > 0)
        {
            throw new UnsupportedCheckpointException("CLI-3.11", "--mtp_num_layers", $"{arguments.MtpLayers}; multi-token prediction layers are not in this version");
        }
        var clock = Stopwatch.StartNew();
        var options = Options(arguments);
        MemoryBudget.Enforce(options);
        using var conversion = arguments.Direction == ExportDirection.ToMcore ? ToMegatron.Prepare(arguments) : ToHuggingFace.Prepare(arguments);
        foreach (var note in conversion.Notes) { progress.Note("note: " + note); }
        var plan = Plan(conversion, arguments);
        var report = new ExportReport(arguments, conversion, plan, options);
        if (arguments.DryRun) { return report.DryRun(MemoryBudget.Fit(plan, options, conversion.Source.ReadingCost)); }

        PartialOutput.Check(arguments.Output, options);
        MemoryBudget.Fit(plan, options, conversion.Source.ReadingCost);
        DiskSpace.Check(plan, conversion.SideFiles, arguments.Output);
        var sink = new RunProgress(progress);
        AliasComparison.Check(conversion.Source, plan.Ledger.Aliases, options, sink, cancel);
        using var output = PartialOutput.Open(arguments.Output, PlanHash.Of(plan, SourceIdentity.Of(conversion)), options);
        var files = new List<WrittenFile>(CopyRunner.Run(plan, conversion.Source, output, options, sink, cancel));
        files.AddRange(OutputFinisher.CopySideFiles(output, conversion.SideFiles));
        files.AddRange(OutputFinisher.Write(output, [.. plan.Layout.Closing, .. conversion.Closing]));
        var comparison = arguments.Compare ? Compare(conversion, plan, output, options, sink, cancel) : null;
        if (comparison is { IsEqual: false }) { return report.Different(comparison, output.Folder); }
        OutputFinisher.Write(output, [report.Receipt(files, comparison, clock.Elapsed)]);
        output.Publish();
        return report.Done(files, comparison, clock.Elapsed);
    }

    static RunOptions Options(ExportArguments arguments)
    {
        var options = new RunOptions { Restart = arguments.Restart, ReplaceExisting = arguments.ReplaceOutput, Threads = arguments.Workers ?? 0 };
        return arguments.MaxMemory is { } memory ? options with { MaxMemory = memory } : options;
    }

    static CopyPlan Plan(Conversion conversion, ExportArguments arguments)
    {
        var (source, map) = (conversion.Source, conversion.Map);
        var coverage = MapCoverage.Of(source.Tensors, map.Left);
        if (arguments.KeepUnknown && coverage.Extra.Count > 0)
        {
            var extra = coverage.Extra.ToHashSet(StringComparer.Ordinal);
            map = PassThrough.Add(map, [.. source.Tensors.Where(t => extra.Contains(t.Name)).Select(static t => new MappedTensor(t.Name, t.Shape))]);
            coverage = MapCoverage.Of(source.Tensors, map.Left);
        }
        if (!coverage.IsComplete) { throw Incomplete(conversion, map); }
        var targets = TargetMaker.Make(source.Tensors, map, arguments.DType, conversion.CutLeadingAxes);
        return CopyPlanner.Plan(source.Tensors, map, conversion.Writer.LayOut(targets), coverage);
    }

    static MalformedCheckpointException Incomplete(Conversion conversion, TensorMap map)
    {
        var present = conversion.Source.Tensors.ToDictionary(static t => t.Name, static t => t.Shape, StringComparer.Ordinal);
        var faults = MissingTensorDiagnosis.Explain(map, conversion.Model, present);
        var texts = faults.Select(static f => f.Kind == TensorFaultKind.Extra ? $"{f.Text} Give --allow_extra true to carry it over as it is." : f.Text);
        return new MalformedCheckpointException("SHD-2.3", conversion.Source.Path, string.Join("\n  ", texts));
    }

    /// <summary>SHD-7.1.</summary>
    static ComparisonReport Compare(Conversion conversion, CopyPlan plan, PartialOutput output, RunOptions options, IRunProgress progress, CancellationToken cancel)
    {
        using var written = CheckpointOpener.Open(output.Folder);
        var identity = TensorMap.Identity([.. plan.Layout.Tensors.Select(static t => new MappedTensor(t.Name, t.Shape))]);
        var again = CopyPlanner.Plan(written.Tensors, identity, plan.Layout);
        return PlanComparison.Run(plan, conversion.Source, again, written, options, progress, cancel);
    }
}
