using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using Ckpt.Formats;
using Ckpt.Models.Families;
using Ckpt.Sharding.Maps;

namespace Ckpt.Models.Bridge;

/// <summary>
/// Decides how many layers that predict further tokens a map has. They are never left out without a word: what the config says and what is there
/// must agree, unless a number is asked for.
/// </summary>
static class MtpLayers
{
    const string Where = "layers that predict further tokens (MTP)";

    // More than any model has; what is behind is an unknown tensor.
    const int Most = 64;

    internal static ResolvedBridge Resolve(ResolvedBridge bridge, BridgeOptions options, BridgeSight sight)
    {
        var (family, config) = (bridge.Family, bridge.Config);
        if (!family.HasMtp)
        {
            return options.MtpLayers is > 0 ? Throw.NoSuchLayers(family.Name, options.MtpLayers.Value) : bridge;
        }
        var present = Math.Max(Present(FamilySide.Hf) ?? -1, Present(FamilySide.Megatron) ?? -1);
        var said = options.MtpLayers ?? config.MtpLayers ?? (family.MtpByNames ? Math.Max(0, present) : 0);
        if (said > family.MostMtpLayers) { Throw.TooMany(family, said); }
        if (present >= 0 && said > present) { Throw.Missing(bridge, said, present, options.MtpLayers is not null); }
        if (present > said && options.MtpLayers is null) { Throw.Unsaid(bridge, said, present); }
        return bridge with { MtpLayers = said, MtpPresent = Math.Max(said, present) };

        int? Present(FamilySide side) => sight.Has(side) is { } has ? Count(bridge, side, has) : null;
    }

    /// <summary>The names of layers that are there and were asked to be left out; null where there are none.</summary>
    internal static Drop? Dropped(ResolvedBridge bridge, FamilySide side)
    {
        if (bridge.MtpPresent == bridge.MtpLayers) { return null; }
        var stems = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var pattern in Patterns(bridge, side))
        {
            var place = Math.Max(pattern.Text.IndexOf("{M}", StringComparison.Ordinal), pattern.Text.IndexOf("{N}", StringComparison.Ordinal));
            if (place < 0) { stems.Add(pattern.Text); continue; }
            var end = pattern.Text.IndexOf('.', place);
            for (var layer = bridge.MtpLayers; layer < bridge.MtpPresent; layer++) { stems.Add((pattern with { Text = pattern.Text[..(end + 1)] }).Name(layer, 0)); }
        }
        var names = new Regex($"^({string.Join('|', stems.Select(Regex.Escape))})", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture);
        return new Drop(names, $"layers that predict further tokens, of which {bridge.MtpLayers} were asked for (--mtp_num_layers)");
    }

    // Layers count on without a gap.
    static int Count(ResolvedBridge bridge, FamilySide side, Predicate<string> has)
    {
        var patterns = Patterns(bridge, side).ToArray();
        var count = 0;
        while (count < Most && Array.Exists(patterns, pattern => (pattern.HasLayer || count == 0) && has(pattern.Name(count, 0)))) { count++; }
        return count;
    }

    static IEnumerable<NamePattern> Patterns(ResolvedBridge bridge, FamilySide side) => bridge.Family.Rows
        .Where(static row => row.Group == LayerGroup.Mtp || row.When.HasFlag(When.Mtp))
        .SelectMany(row => side == FamilySide.Hf ? row.Hf.Select(bridge.HfPattern) : row.Megatron.Select(bridge.MegatronPattern))
        .Distinct();

    static class Throw
    {
        [DoesNotReturn]
        internal static ResolvedBridge NoSuchLayers(string family, int asked) => throw new LayoutException(
            "NAM-11.5", "--mtp_num_layers", $"{asked} were asked for, and {family} models have none");

        [DoesNotReturn]
        internal static void TooMany(ModelFamily family, int said) => throw new LayoutException(
            "NAM-11.5", Where, $"there would be {said}, and the names of {family.Name} files can hold {family.MostMtpLayers}");

        [DoesNotReturn]
        internal static void Missing(ResolvedBridge bridge, int said, int present, bool isAsked) => throw new MalformedCheckpointException(
            "NAM-11.2", Where, $"{(isAsked ? "--mtp_num_layers" : Key(bridge))} says {said}, and there {Are(present)}: {First(bridge, FamilySide.Hf, present)} (Hugging Face) or "
                + $"{First(bridge, FamilySide.Megatron, present)} (Megatron) would be the next; give --mtp_num_layers {present} to convert what is there");

        [DoesNotReturn]
        internal static void Unsaid(ResolvedBridge bridge, int said, int present) => throw new MalformedCheckpointException(
            "NAM-11.3", Where, $"there {Are(present)}, and {Key(bridge)} says {said}: {First(bridge, FamilySide.Hf, said)} (Hugging Face) or {First(bridge, FamilySide.Megatron, said)} (Megatron) "
                + $"is there besides; give --mtp_num_layers {present} to convert them, or {said} to leave them out");

        static string Are(int count) => count == 1 ? "is 1" : $"are {count}";

        static string Key(ResolvedBridge bridge) => $"config.json ({(bridge.Family.Config.MtpLayers.Count > 0 ? bridge.Family.Config.MtpLayers[0] : "which has no key for them")})";

        static string First(ResolvedBridge bridge, FamilySide side, int layer) => Patterns(bridge, side).First().Name(layer, 0);
    }
}
