using System.Globalization;

namespace Ckpt.Models.Megatron.Legacy;

/// <summary>A name of a rank's state dict taken apart: the layer it is in, by its number in the chunk, and the path there.</summary>
/// <param name="Prefix">What stands before the layer's number, or, outside decoder layers, before the path.</param>
/// <param name="Local">The layer's number in the chunk; −1 outside decoder layers.</param>
/// <param name="Path">The path in the layer, or in the model.</param>
readonly record struct LegacyKey(string Prefix, int Local, string Path)
{
    const string Module = "module.";
    const string Decoder = "decoder.layers.";
    const string Mtp = "mtp.layers.";
    const string MtpNorms = "mtp.final_layernorms.";

    static readonly string[] s_wrappers = ["language_model.", "model."];
    static readonly string[] s_oldDecoders = ["language_model.encoder.", "language_model.transformer."];

    /// <summary>Whether it is in a decoder layer, one of multi-token prediction included.</summary>
    internal bool IsInLayer => Prefix.Length > 0;

    /// <summary>The layer, whatever stands in it.</summary>
    internal (string, int) Layer => (Prefix, Local);

    /// <summary>The name with another number for the layer.</summary>
    internal string Name(int layer) => Local < 0 ? Prefix + Path : string.Create(CultureInfo.InvariantCulture, $"{Prefix}{layer}.{Path}");

    /// <summary>Whether a model is of before Megatron-core.</summary>
    internal static bool IsOld(string name) =>
        name.StartsWith("language_model.encoder.", StringComparison.Ordinal) || name.StartsWith("language_model.transformer.", StringComparison.Ordinal)
        || name.StartsWith("language_model.embedding.", StringComparison.Ordinal) || name.StartsWith("word_embeddings_for_head.", StringComparison.Ordinal);

    /// <summary>Takes a Megatron-core name apart.</summary>
    internal static LegacyKey OfCore(string name)
    {
        while (name.StartsWith(Module, StringComparison.Ordinal)) { name = name[Module.Length..]; }
        var start = 0;
        for (var i = 0; i < s_wrappers.Length; i++)
        {
            if (string.CompareOrdinal(name, start, s_wrappers[i], 0, s_wrappers[i].Length) != 0) { continue; }
            start += s_wrappers[i].Length;
            i = -1;
        }
        if (TryNumber(name, start, Decoder, out var layer, out var path)) { return new LegacyKey(name[..start] + Decoder, layer, path); }
        if (TryNumber(name, start, MtpNorms, out layer, out path)) { return new LegacyKey("", -1, $"{name[..start]}{Mtp}{Text(layer)}.final_layernorm.{path}"); }
        if (name == "final_layernorm.weight") { return new LegacyKey("", -1, "decoder.final_layernorm.weight"); } // MindSpeed with multi-token prediction
        if (!TryNumber(name, start, Mtp, out layer, out path)) { return new LegacyKey("", -1, name); }
        foreach (var inner in (ReadOnlySpan<string>)["transformer_layer.", "mtp_model_layer."])
        {
            if (path.StartsWith(inner, StringComparison.Ordinal)) { return new LegacyKey($"{name[..start]}{Mtp}{Text(layer)}.transformer_layer.", -1, path[inner.Length..]); }
        }
        return new LegacyKey("", -1, name);
    }

    /// <summary>Takes a name of before Megatron-core apart; the path is already the one that Megatron-core has.</summary>
    internal static LegacyKey OfOld(string name)
    {
        foreach (var decoder in s_oldDecoders)
        {
            if (!name.StartsWith(decoder, StringComparison.Ordinal)) { continue; }
            if (TryNumber(name, decoder.Length, "layers.", out var layer, out var path)) { return new LegacyKey(Decoder, layer, LegacyPaths.OfOld(path)); }
            var rest = name[decoder.Length..];
            var norm = rest.StartsWith("final_norm.", StringComparison.Ordinal) ? "final_norm." : rest.StartsWith("final_layernorm.", StringComparison.Ordinal) ? "final_layernorm." : null;
            return new LegacyKey("", -1, norm is null ? name : "decoder.final_layernorm." + rest[norm.Length..]);
        }
        foreach (var part in (ReadOnlySpan<string>)["embedding.", "output_layer."])
        {
            if (name.StartsWith("language_model." + part, StringComparison.Ordinal)) { return new LegacyKey("", -1, name["language_model.".Length..]); }
        }
        return new LegacyKey("", -1, name.StartsWith("word_embeddings_for_head.", StringComparison.Ordinal) ? "output_layer." + name["word_embeddings_for_head.".Length..] : name);
    }

    static bool TryNumber(string name, int start, string prefix, out int number, out string rest)
    {
        (number, rest) = (-1, "");
        if (string.CompareOrdinal(name, start, prefix, 0, prefix.Length) != 0) { return false; }
        var digits = start + prefix.Length;
        var dot = name.IndexOf('.', Math.Min(digits, name.Length));
        if (dot <= digits || dot - digits > 7 || !int.TryParse(name.AsSpan(digits, dot - digits), NumberStyles.None, CultureInfo.InvariantCulture, out number)) { return false; }
        rest = name[(dot + 1)..];
        return true;
    }

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
