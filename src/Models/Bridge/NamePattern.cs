using System.Globalization;

namespace Ckpt.Models.Bridge;

/// <summary>A name with at most one place for the layer and, behind it, one for the expert.</summary>
readonly record struct NamePattern(string Text)
{
    const string Layer = "{L}";
    const string Expert = "{E}";

    internal bool HasLayer => Text.Contains(Layer, StringComparison.Ordinal);

    internal bool HasExpert => Text.Contains(Expert, StringComparison.Ordinal);

    /// <summary>The same without the place for the layer: the key of a tensor that holds all layers.</summary>
    internal NamePattern Stacked => new(Text.Replace("{L}.", "", StringComparison.Ordinal));

    internal string Name(int layer, int expert) => Text
        .Replace(Layer, layer.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace(Expert, expert.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
}
