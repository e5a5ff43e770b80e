using System.Globalization;
using Ckpt.Formats;
using Ckpt.Formats.Megatron;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Megatron.State;
using Ckpt.Sharding.Running;

namespace Ckpt.Verify.Doctoring;

/// <summary>Compares a Megatron checkpoint's weights with their full-precision copies in its optimizer (STA-6.1).</summary>
static class MasterExamination
{
    const int MostTold = 20;

    internal static IReadOnlyList<Finding> Examine(ICheckpointReader reader, RunOptions options, IRunProgress progress, CancellationToken cancel)
    {
        const string Word = "optimizer";
        if (reader is not IMegatronReader megatron || !(reader.Tensors.Any(static tensor => tensor.Name.Contains(Word, StringComparison.Ordinal)) || reader.Objects.Any(static item => item.Name.Contains("optim", StringComparison.Ordinal)))) { return []; }
        try
        {
            // The plan's reader owns the source, which is the caller's: it is left as it is.
            var plan = MegatronState.Plan(megatron, new StateOptions { Run = options }, cancel);
            return plan.Tensors.Count == 0 ? [] : [.. Of(reader.Path, MasterWeightCheck.Run(plan.Reader, options, progress, cancel))];
        }
        catch (CheckpointException error) { return [new Finding(Severity.Note, reader.Path, $"its optimizer state is not compared with the weights: {error.Message}", "nothing")]; }
    }

    static IEnumerable<Finding> Of(string path, MasterWeightReport report)
    {
        foreach (var difference in report.Differences.Take(MostTold))
        {
            yield return new Finding(
                Severity.Warning, difference.Key,
                string.Create(CultureInfo.InvariantCulture, $"{difference.Elements:N0} elements are not what its full-precision copy in the optimizer rounds to, the first at [{string.Join(", ", difference.First)}]"),
                "Megatron-core 0.15 to 0.19 shifted states of fully_reshardable files in some layouts: take an earlier checkpoint, or leave the optimizer out (ckpt reshard --no_save_optim)");
        }
        if (report.Differences.Count > MostTold) { yield return new Finding(Severity.Warning, path, $"and so it is with {report.Differences.Count - MostTold:N0} more of {report.Tensors:N0} tensors", "see above"); }
    }
}
