using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Families;

namespace Ckpt.Models.Bridge;

/// <summary>
/// Decides between the ways checkpoints of a family have. An option that is given counts; else, where the side is read, the one most of whose
/// tensors are there, by name and then by shape; else the usual one.
/// </summary>
static class BridgeChoices
{
    internal static IReadOnlyDictionary<string, string> Choose(ResolvedBridge bridge, BridgeOptions options, BridgeSight sight)
    {
        var chosen = new Dictionary<string, string>();
        foreach (var choice in bridge.Family.Choices)
        {
            chosen.Add(choice.Name, options.Choices.TryGetValue(choice.Name, out var given) ? Given(choice, given) : Told(choice, chosen, bridge, sight));
        }
        foreach (var choice in bridge.Family.Choices) { CheckNeeds(choice, chosen); }
        if (bridge.Naming is { } naming) { chosen.Add(HfNamings.Choice, naming.Name); }
        RouterBias.Choose(chosen, bridge, options, sight);
        MtpCopies.Choose(chosen, bridge, options, sight);
        return chosen;
    }

    static string Given(FamilyChoice choice, string given) => choice.Options.Contains(given) ? given : Throw.Unknown(choice, given);

    static string Told(FamilyChoice choice, Dictionary<string, string> chosen, ResolvedBridge bridge, BridgeSight sight)
    {
        var possible = choice.Options.Where(option => Goes(choice, option, chosen)).ToArray();
        if (possible.Length == 0) { possible = [.. choice.Options]; }
        if (sight.Has(choice.Side) is null)
        {
            return bridge.Config.IsOfTransformers5 && choice.SinceTransformers5 is { } newer ? newer : possible[0];
        }
        var found = possible.Select(option => (Option: option, Score: Score(choice, option, bridge, sight))).ToArray();
        var best = found.MaxBy(static entry => entry.Score);
        // An option that does not go with the others is told all the same, and refused for that.
        if (choice.Options.Except(possible).FirstOrDefault(option => Score(choice, option, bridge, sight).CompareTo(best.Score) > 0) is { } unfit) { return unfit; }
        if (!choice.IsAsked || best.Score == default) { return best.Option; }
        var equal = found.Where(entry => entry.Score == best.Score).Select(static entry => entry.Option).ToArray();
        return equal.Length == 1 ? equal[0] : Implied(choice, equal, bridge, sight);
    }

    // What names do not tell, those of a later choice may: a form that only one of the options goes with.
    static string Implied(FamilyChoice choice, string[] equal, ResolvedBridge bridge, BridgeSight sight)
    {
        foreach (var later in bridge.Family.Choices.Where(later => later.Needs.Values.Any(needs => needs.Any(need => need.Choice == choice.Name))))
        {
            var scores = later.Options.Select(option => (Option: option, Score: Score(later, option, bridge, sight))).ToArray();
            var best = scores.Max(static entry => entry.Score);
            var implied = scores.Where(entry => entry.Score == best && best != default)
                .SelectMany(entry => later.Needs.TryGetValue(entry.Option, out var needs) ? needs.Where(need => need.Choice == choice.Name).Select(static need => need.Option) : choice.Options)
                .Where(equal.Contains).Distinct().ToArray();
            if (implied.Length == 1) { return implied[0]; }
        }
        return Throw.Ambiguous(choice, equal);
    }

    static bool Goes(FamilyChoice choice, string option, Dictionary<string, string> chosen) =>
        !choice.Needs.TryGetValue(option, out var needs) || needs.Any(need => chosen.TryGetValue(need.Choice, out var made) && made == need.Option);

    static void CheckNeeds(FamilyChoice choice, Dictionary<string, string> chosen)
    {
        var option = chosen[choice.Name];
        if (!Goes(choice, option, chosen)) { Throw.Unfit(choice, option, choice.Needs[option], chosen[choice.Needs[option][0].Choice]); }
    }

    // Rows whose names are there, and of those the ones whose shapes are right too.
    static (int Named, int Shaped) Score(FamilyChoice choice, string option, ResolvedBridge bridge, BridgeSight sight)
    {
        var (named, shaped) = (0, 0);
        foreach (var row in bridge.Family.Rows)
        {
            if ((row.Option != new RowOption(choice.Name, option) && row.AlsoOption != new RowOption(choice.Name, option)) || !BridgeResolver.Applies(row, bridge)) { continue; }
            foreach (var tensor in choice.Side == FamilySide.Hf ? row.Hf : row.Megatron)
            {
                if (Find(row, tensor, choice.Side, bridge, sight) is not { } name) { continue; }
                named++;
                if (sight.ShapeOf(choice.Side, name) is { } shape && shape == ShapeOf(row, tensor, choice.Side, bridge)) { shaped++; }
                break;
            }
        }
        return (named, shaped);
    }

    static string? Find(FamilyRow row, RowTensor tensor, FamilySide side, ResolvedBridge bridge, BridgeSight sight)
    {
        var (pattern, has) = (bridge.Pattern(tensor, side), sight.Has(side)!);
        for (var layer = 0; layer < (pattern.HasLayer ? bridge.LayersOf(pattern.Group) : 1); layer++)
        {
            if (bridge.InLayer(row, layer) && has(pattern.Name(layer, 0))) { return pattern.Name(layer, 0); }
        }
        return null;
    }

    static Shape ShapeOf(FamilyRow row, RowTensor tensor, FamilySide side, ResolvedBridge bridge) =>
        new RowAxes(tensor, row, bridge, bridge.Pattern(tensor, side), side).Tensor.StoredShape;

    static class Throw
    {
        [DoesNotReturn]
        internal static string Unknown(FamilyChoice choice, string given) => throw new ArgumentException(
            $"{choice.Name} has no option \"{given}\"; there are {string.Join(", ", choice.Options)}", nameof(given));

        [DoesNotReturn]
        internal static string Ambiguous(FamilyChoice choice, string[] equal) => throw new UnsupportedCheckpointException(
            "NAM-12.3", choice.Name, $"the checkpoint may be of {string.Join(" or of ", equal)}, which order the same names and shapes differently, and nothing in it says which; give --{choice.Name} {string.Join('|', equal)}");

        [DoesNotReturn]
        internal static void Unfit(FamilyChoice choice, string option, IReadOnlyList<RowOption> needs, string made) => throw new UnsupportedCheckpointException(
            "NAM-12.4", choice.Name, $"the tensors are in the form \"{option}\", which goes with {needs[0].Choice} {string.Join(" or ", needs.Select(static need => need.Option))}, not with {made}");
    }
}
