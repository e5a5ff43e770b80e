using Ckpt.Cli.Comparing;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Megatron;
using Ckpt.Models.Opening;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Plans;
using Ckpt.Sharding.Running;
using Ckpt.Sharding.Views;
using Ckpt.Verify.Comparing;
using Ckpt.Verify.Reports;

namespace Ckpt.Cli.Running;

/// <summary>Makes the report of a conversion that was read back. What differs is looked into, which what is equal needs no second reading for.</summary>
static class ConvertedPage
{
    internal static VerificationReport Of(RunSettings settings, Conversion conversion, TensorMap map, CopyPlan plan, string folder, ComparisonReport found, PrecisionTest? computed, RunOptions options, IRunProgress progress, CancellationToken cancel)
    {
        using var written = ModelFormats.Open(folder);
        // The source as what was to be written: names, types and numbers of the target.
        var byLayer = LayerKeys.Unstack([.. plan.Layout.Tensors.Select(static target => new MappedTensor(target.Name, target.Shape))]);
        var sides = new ComparedSides(new LogicalSide(new MappedCheckpoint(conversion.Source, map, plan.Layout.Tensors), byLayer), new LogicalSide(written, byLayer), null);
        var weights = found.IsEqual
            ? WeightSection.OfEqual([.. byLayer.Links.Select(link => TensorTarget.Whole(byLayer.Right.Tensors[link.Right].Name, plan.Layout.Tensors[link.Left].DType, byLayer.Right.Tensors[link.Right].Shape))], found)
            : WeightSection.Of(sides.A, sides.B, WeightComparison.Run(sides.A, sides.B, default, options, progress, cancel), null);
        return new VerificationReport
        {
            Command = $"ckpt {settings.Command}",
            Version = Application.Version,
            Verdict = found.IsEqual && computed is not { Faults.Count: > 0 } ? ReportVerdict.Same : ReportVerdict.Different,
            Headline = found.IsEqual ? ConversionReport.Verdict(found) : $"{found.Differences.Count:N0} of {found.Tensors:N0} tensors read back are not what was to be written",
            Sides = [ReportedSide.Of("source", settings.Source, conversion.Source), ReportedSide.Of("output", settings.Output, written)],
            Weights = weights,
            Forward = computed?.Section,
            Notes = [.. conversion.Notes, .. plan.Ledger.Casts.Select(static cast => $"cast: {cast}")],
        };
    }
}
