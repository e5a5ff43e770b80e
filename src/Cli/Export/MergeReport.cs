using System.Globalization;
using System.Text.Json.Nodes;
using Ckpt.Cli.Running;
using Ckpt.Models.Adapters;

namespace Ckpt.Cli.Export;

/// <summary>Says what merging did to the weights.</summary>
static class MergeReport
{
    internal static ConversionReceipt Of(IReadOnlyList<MergeReceipt> receipts)
    {
        var change = Math.Sqrt(receipts.Sum(static r => r.ChangeNorm * r.ChangeNorm));
        var lost = Math.Sqrt(receipts.Sum(static r => r.LostNorm * r.LostNorm));
        var elements = receipts.Sum(static r => r.Elements);
        var line = string.Create(CultureInfo.InvariantCulture,
            $"merged     {receipts.Count:N0} weights, norm of the change {change:G4}, lost to rounding {(change > 0 ? lost / change : 0):P2}, restored by taking it back {(elements > 0 ? receipts.Sum(static r => r.Restored) / (double)elements : 1):P2} of elements");
        return new ConversionReceipt([line], new JsonObject
        {
            ["merged"] = new JsonArray([.. receipts.Select(static r => new JsonObject
            {
                ["name"] = r.Name,
                ["elements"] = r.Elements,
                ["change_norm"] = r.ChangeNorm,
                ["relative_change"] = r.RelativeChange,
                ["lost_share"] = r.LostShare,
                ["max_ulp"] = r.MaxSteps,
                ["unchanged"] = r.Unchanged,
                ["restored"] = r.Restored,
            })]),
        });
    }
}
