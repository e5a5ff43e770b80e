using Ckpt.Formats.Tensors;
using Ckpt.Models.Families;
using Ckpt.Sharding.Maps;

namespace Ckpt.Models.Bridge;

/// <summary>
/// Which type Hugging Face files have what Megatron always holds in float32 in: float32 as published, or that of the weights, as models cast as a
/// whole are saved (NAM-10.3).
/// </summary>
static class RouterBias
{
    /// <summary>The choice's name where it is asked for or recorded.</summary>
    internal const string Choice = "router bias";

    const string Single = "float32";
    const string Weights = "weights";

    internal static void Choose(Dictionary<string, string> chosen, ResolvedBridge bridge, BridgeOptions options, BridgeSight sight)
    {
        var rows = bridge.Family.Rows.Where(IsSingleInMegatron).ToArray();
        if (rows.Length > 0) { chosen.Add(Choice, options.Choices.TryGetValue(Choice, out var given) && given is Single or Weights ? given : Told(rows, bridge, sight)); }
    }

    /// <summary>The tensor as it is held on the Hugging Face side.</summary>
    internal static RowTensor Held(FamilyRow row, RowTensor tensor, IReadOnlyDictionary<string, string> chosen) =>
        IsSingleInMegatron(row) ? tensor with { HeldAs = chosen[Choice] == Weights ? HeldAs.Weights : HeldAs.Single } : tensor;

    static bool IsSingleInMegatron(FamilyRow row) => row.Hf[0].HeldAs == HeldAs.Stored && row.Megatron[0].HeldAs == HeldAs.Single;

    static string Told(FamilyRow[] rows, ResolvedBridge bridge, BridgeSight sight)
    {
        foreach (var row in rows)
        {
            var pattern = bridge.HfPattern(row.Hf[0]);
            for (var layer = 0; layer < bridge.LayersOf(row.Group); layer++)
            {
                if (bridge.InLayer(row, layer) && sight.TypeOf(pattern.Name(layer, 0)) is { } type) { return type == DType.F32 ? Single : Weights; }
            }
        }
        return Single;
    }
}
