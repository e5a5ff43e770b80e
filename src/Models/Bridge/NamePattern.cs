using System.Globalization;
using Ckpt.Models.Families;

namespace Ckpt.Models.Bridge;

/// <summary>A name with at most one place for the layer and, behind it, one for the expert.</summary>
/// <param name="Text">The name with its places.</param>
/// <param name="Decoder">Layers of the decoder, behind which {N} counts on.</param>
readonly record struct NamePattern(string Text, int Decoder = 0)
{
    const string Layer = "{L}";
    const string Expert = "{E}";
    const string Mtp = "{M}";
    const string Behind = "{N}";

    internal bool HasLayer => Text.Contains(Layer, StringComparison.Ordinal) || IsMtp;

    internal bool HasExpert => Text.Contains(Expert, StringComparison.Ordinal);

    /// <summary>The stack whose layers the name counts.</summary>
    internal LayerGroup Group => IsMtp ? LayerGroup.Mtp : LayerGroup.Decoder;

    /// <summary>The same without the place for the decoder's layer: the key of a tensor that holds all layers.</summary>
    internal NamePattern Stacked => this with { Text = Text.Replace("{L}.", "", StringComparison.Ordinal) };

    bool IsMtp => Text.Contains(Mtp, StringComparison.Ordinal) || Text.Contains(Behind, StringComparison.Ordinal);

    internal string Name(int layer, int expert) => Text
        .Replace(Layer, Digits(layer), StringComparison.Ordinal)
        .Replace(Mtp, Digits(layer), StringComparison.Ordinal)
        .Replace(Behind, Digits(Decoder + layer), StringComparison.Ordinal)
        .Replace(Expert, Digits(expert), StringComparison.Ordinal);

    static string Digits(int number) => number.ToString(CultureInfo.InvariantCulture);
}
