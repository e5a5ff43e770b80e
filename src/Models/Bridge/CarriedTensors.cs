using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Families;
using Ckpt.Sharding.Maps;

namespace Ckpt.Models.Bridge;

/// <summary>The tensors beside a text model, which a map carries over as they are under the other side's beginnings of names.</summary>
static class CarriedTensors
{
    /// <summary>The map with every tensor in it that the side read has of the parts beside the text model.</summary>
    internal static TensorMap Add(TensorMap map, ResolvedBridge bridge, BridgeSight sight)
    {
        if (bridge.Naming is not { } naming) { return map; }
        var pairs = sight.Hf is { } hf ? Pairs(hf.Select(static tensor => (tensor.Name, tensor.Shape)), naming.Carried, bridge, FamilySide.Hf)
            : sight.Megatron is { } megatron ? Pairs(megatron.Select(static tensor => (tensor.Key, tensor.Value)), naming.Carried, bridge, FamilySide.Megatron)
            : [];
        if (pairs.Count == 0) { return map; }
        var links = new List<Link>(map.Links);
        for (var i = 0; i < pairs.Count; i++)
        {
            var whole = Box.Whole(pairs[i].Hf.Shape);
            links.Add(new Link(map.Left.Tensors.Count + i, whole, map.Right.Tensors.Count + i, whole));
        }
        return new TensorMap(
            map.Left with { Tensors = [.. map.Left.Tensors, .. pairs.Select(static pair => pair.Hf)] },
            map.Right with { Tensors = [.. map.Right.Tensors, .. pairs.Select(static pair => pair.Megatron)] },
            links);
    }

    /// <summary>The parts this model has of which a Megatron checkpoint has no tensor, with what their Megatron names begin with.</summary>
    internal static IReadOnlyList<(CarriedPart Part, string Megatron)> Lacking(ModelFamily family, Configs.ModelConfig config, BridgeOptions options)
    {
        if (family.Namings.Count == 0 || options.MegatronTensors is not { } tensors) { return []; }
        var prefix = options.MegatronPrefix ?? "";
        var beside = prefix.EndsWith(family.MegatronPrefix, StringComparison.Ordinal) ? prefix[..^family.MegatronPrefix.Length] : prefix;
        return [.. family.Namings[0].Carried.Where(part => part.IsIn(config) && !tensors.Keys.Any(name => name.StartsWith(beside + part.Megatron, StringComparison.Ordinal))).Select(part => (part, beside + part.Megatron))];
    }

    static List<(MappedTensor Hf, MappedTensor Megatron)> Pairs(IEnumerable<(string Name, Shape Shape)> tensors, IReadOnlyList<CarriedPart> parts, ResolvedBridge bridge, FamilySide side)
    {
        var beside = Beside(bridge);
        var found = new HashSet<CarriedPart>();
        var pairs = new List<(MappedTensor, MappedTensor)>();
        foreach (var (name, shape) in tensors)
        {
            if (parts.FirstOrDefault(part => name.StartsWith(Start(part), StringComparison.Ordinal)) is not { } part) { continue; }
            if (side == FamilySide.Megatron && BridgeExtras.MegatronDrops.Any(drop => drop.Names.IsMatch(name))) { continue; }
            found.Add(part);
            var rest = name[Start(part).Length..];
            pairs.Add((new MappedTensor(part.Hf + rest, shape), new MappedTensor(beside + part.Megatron + rest, shape)));
        }
        if (parts.FirstOrDefault(part => part.IsIn(bridge.Config) && !found.Contains(part)) is { } missing) { Throw.NoPart(bridge.Family.Name, Start(missing), missing); }
        return pairs;

        string Start(CarriedPart part) => side == FamilySide.Hf ? part.Hf : beside + part.Megatron;
    }

    // What wraps the whole model is in front of the text model's own prefix.
    static string Beside(ResolvedBridge bridge) => bridge.MegatronPrefix.EndsWith(bridge.Family.MegatronPrefix, StringComparison.Ordinal)
        ? bridge.MegatronPrefix[..^bridge.Family.MegatronPrefix.Length] : bridge.MegatronPrefix;

    static class Throw
    {
        [DoesNotReturn]
        internal static void NoPart(string family, string start, CarriedPart part) => throw new MalformedCheckpointException(
            "NAM-13.3", family, $"no tensor's name begins with {start}; this {family} model has {part.Hf}* (Hugging Face), {part.Megatron}* (Megatron)"
                + (part.ConfigKey is { } key ? $", as {key} of config.json says. Megatron-SWIFT leaves it out: give with --model the Hugging Face folder that has it, or take {key} out" : ""));
    }
}
