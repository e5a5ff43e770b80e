using Ckpt.Models.Families;
using Ckpt.Sharding.Maps;

namespace Ckpt.Models.Bridge;

/// <summary>
/// The embedding and the output layer that Hugging Face files repeat in MTP layers: compared where they are read; written as the files had them, else
/// both, as mcore-bridge and the published files do (NAM-11.6).
/// </summary>
static class MtpCopies
{
    /// <summary>The choice's name where it is asked for or recorded: the last words of the names that are repeated.</summary>
    internal const string Choice = "mtp copies";

    const string None = "none";

    internal static void Choose(Dictionary<string, string> chosen, ResolvedBridge bridge, BridgeOptions options, BridgeSight sight)
    {
        if (bridge.MtpLayers == 0 || bridge.Family.MtpCopies.Count == 0) { return; }
        if (options.Choices.TryGetValue(Choice, out var given)) { chosen.Add(Choice, given); return; }
        var all = bridge.Family.MtpCopies;
        var there = sight.Has(FamilySide.Hf) is { } has ? all.Where(copy => has(Pattern(bridge, copy).Name(0, 0))) : all;
        chosen.Add(Choice, string.Join('+', there.Select(Word)) is { Length: > 0 } words ? words : None);
    }

    internal static IEnumerable<Alias> Of(ResolvedBridge bridge, IReadOnlyList<MappedTensor> tensors)
    {
        if (!bridge.Chosen.TryGetValue(Choice, out var words)) { yield break; }
        foreach (var copy in bridge.Family.MtpCopies)
        {
            var name = copy.Of == bridge.Family.HfHead && bridge.Config.TieWordEmbeddings ? bridge.Family.HfEmbedding : copy.Of;
            var of = IndexOf(tensors, bridge.HfName(name));
            if (of < 0) { continue; }
            for (var layer = 0; layer < bridge.MtpLayers; layer++)
            {
                yield return new Alias(Pattern(bridge, copy).Name(layer, 0), of, $"repeats {tensors[of].Name} in a layer that predicts further tokens") { IsWritten = words.Split('+').Contains(Word(copy)) };
            }
        }
    }

    static int IndexOf(IReadOnlyList<MappedTensor> tensors, string name)
    {
        for (var i = 0; i < tensors.Count; i++)
        {
            if (tensors[i].Name == name) { return i; }
        }
        return -1;
    }

    static NamePattern Pattern(ResolvedBridge bridge, MtpCopy copy) => new(bridge.HfName(copy.Pattern), bridge.Config.Layers);

    static string Word(MtpCopy copy) => copy.Pattern.Split('.')[^2];
}
