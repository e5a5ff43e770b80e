using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Nodes;
using Ckpt.Formats;
using Ckpt.Models.Megatron.State;

namespace Ckpt.Cli.Running;

/// <summary>Says what comparing weights with their full-precision copies found (STA-6.1, STA-6.2).</summary>
static class MasterWeights
{
    const int Shown = 10;

    /// <summary>For the result and the receipt.</summary>
    /// <exception cref="MalformedCheckpointException">STA-6.2: some differ, and <paramref name="strict"/> does not let that pass.</exception>
    internal static ConversionReceipt Of(MasterWeightReport report, bool strict, string where)
    {
        if (strict && !report.IsSound) { Throw.Differ(where, report); }
        var json = new JsonObject
        {
            ["tensors"] = report.Tensors,
            ["unchecked"] = new JsonArray([.. report.Unchecked.Select(static name => JsonValue.Create(name))]),
            ["different"] = new JsonArray([.. report.Differences.Select(static difference => new JsonObject { ["name"] = difference.Key, ["elements"] = difference.Elements, ["first"] = new JsonArray([.. difference.First.Select(static index => JsonValue.Create(index))]) })]),
        };
        return new ConversionReceipt([.. Lines(report)], new JsonObject { ["master_weights"] = json });
    }

    static IEnumerable<string> Lines(MasterWeightReport report)
    {
        if (report.Tensors == 0) { yield break; }
        yield return report.IsSound
            ? $"masters    {report.Tensors:N0} full-precision copies in the optimizer round to the weights"
            : $"masters    {report.Differences.Count:N0} of {report.Tensors:N0} full-precision copies in the optimizer do not round to the weights; carried over as they are (--strict true refuses)";
        foreach (var line in Told(report)) { yield return "           " + line; }
    }

    static IEnumerable<string> Told(MasterWeightReport report)
    {
        foreach (var difference in report.Differences.Take(Shown))
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{difference.Key}: {difference.Elements:N0} elements, the first at [{string.Join(", ", difference.First)}]");
        }
        if (report.Differences.Count > Shown) { yield return $"and {report.Differences.Count - Shown:N0} more"; }
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Differ(string where, MasterWeightReport report) => throw new MalformedCheckpointException(
            "STA-6.2", where, $"{report.Differences.Count:N0} of {report.Tensors:N0} full-precision copies in the optimizer do not round to the weights:\n  {string.Join("\n  ", Told(report))}\n  Without --strict they are carried over as they are; --no_save_optim leaves them out");
    }
}
