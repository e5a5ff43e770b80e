using System.Globalization;
using System.Text.RegularExpressions;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Configs;
using Ckpt.Sharding.Maps;

namespace Ckpt.Models.Bridge;

/// <summary>What a guess at a cause may look at.</summary>
sealed partial class FaultContext(MapSide side, ModelConfig config, IReadOnlyDictionary<string, Shape> present)
{
    internal ModelConfig Config => config;

    internal IReadOnlyDictionary<string, Shape> Present => present;

    /// <summary>The names that must be there.</summary>
    internal HashSet<string> Needed { get; } = [.. side.Tensors.Select(tensor => tensor.Name)];

    /// <summary>The highest layer any present name has, or −1.</summary>
    internal int HighestLayer { get; } = present.Keys.Select(LayerOf).DefaultIfEmpty(-1).Max();

    /// <summary>The number behind <c>layers.</c> in a name, or −1.</summary>
    internal static int LayerOf(string name) =>
        Layer().Match(name) is { Success: true } match && int.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var layer) ? layer : -1;

    [GeneratedRegex(@"\blayers\.([0-9]{1,9})\.", RegexOptions.CultureInvariant)]
    private static partial Regex Layer();
}
