using System.Globalization;
using System.Text.RegularExpressions;

namespace Ckpt.Models.Megatron.Ranks;

/// <summary>
/// A parameter's name in a rank's state dict, of Transformer Engine's layers with layers numbered over the whole model, taken apart: the key it has in
/// torch_dist where each layer has its own, and the expert it is of.
/// </summary>
/// <param name="Key">The key, with the layer's number: <c>decoder.layers.3.mlp.experts.experts.linear_fc1.weight</c>.</param>
/// <param name="Expert">The expert's number on the rank; −1 where it is none's.</param>
public readonly partial record struct RankName(string Key, int Expert)
{
    const string Layers = "decoder.layers.";
    const string LocalExperts = ".mlp.experts.";
    const string GlobalExperts = ".mlp.experts.experts.";

    /// <summary>Takes a name apart.</summary>
    public static RankName Parse(string local)
    {
        var at = local.IndexOf(LocalExperts, StringComparison.Ordinal);
        // linear_fc1.weight7 and linear_fc1.lora_A.default.weight7: the number of the expert ends the name.
        return at >= 0 && Numbered().Match(local) is { Success: true } match && int.TryParse(match.Groups["expert"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var expert)
            ? new RankName($"{local[..at]}{GlobalExperts}{local[(at + LocalExperts.Length)..match.Groups["expert"].Index]}", expert)
            : new RankName(local, -1);
    }

    /// <summary>The name in a rank's state dict of a torch_dist key's part.</summary>
    /// <param name="key">A key, of one layer or of all.</param>
    /// <param name="layer">The layer, where the key is of all.</param>
    /// <param name="expert">The expert; −1 where it is none's.</param>
    public static string Of(string key, int layer, int expert)
    {
        if (layer >= 0 && StackAt(key) is var stack and >= 0) { key = string.Create(CultureInfo.InvariantCulture, $"{key.AsSpan(0, stack)}{layer}.{key.AsSpan(stack)}"); }
        return expert < 0 ? key : string.Create(CultureInfo.InvariantCulture, $"{key.Replace(GlobalExperts, LocalExperts, StringComparison.Ordinal)}{expert}");
    }

    /// <summary>The layer in the key, and the key that all layers share; −1 outside decoder layers.</summary>
    public (int Layer, string Stack) Stacked()
    {
        var at = Key.IndexOf(Layers, StringComparison.Ordinal);
        if (at < 0) { return (-1, Key); }
        at += Layers.Length;
        var dot = Key.IndexOf('.', at);
        return dot > at && int.TryParse(Key.AsSpan(at, dot - at), NumberStyles.None, CultureInfo.InvariantCulture, out var layer) ? (layer, Key[..at] + Key[(dot + 1)..]) : (-1, Key);
    }

    /// <summary>Where in a key the number of a layer would stand, if it is of all layers; −1 else.</summary>
    static int StackAt(string key)
    {
        var at = key.IndexOf(Layers, StringComparison.Ordinal);
        return at < 0 || (at + Layers.Length < key.Length && char.IsAsciiDigit(key[at + Layers.Length])) ? -1 : at + Layers.Length;
    }

    [GeneratedRegex(@"\.(weight|bias)(?<expert>[0-9]{1,7})\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Numbered();
}
