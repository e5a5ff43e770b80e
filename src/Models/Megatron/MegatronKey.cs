using System.Globalization;
using Ckpt.Sharding.Layouts;

namespace Ckpt.Models.Megatron;

/// <summary>Which matrix of an adapter a key names.</summary>
enum AdapterPart
{
    /// <summary>None: a weight.</summary>
    None,

    /// <summary><c>lora_A</c>.</summary>
    A,

    /// <summary><c>lora_B</c>.</summary>
    B,
}

/// <summary>A model key taken apart: where it belongs, and its path there without the words that wrappers put in.</summary>
readonly record struct MegatronKey
{
    const string Decoder = "decoder.layers.";
    const string MtpLayers = "mtp.layers.";
    const string MtpNorms = "mtp.final_layernorms.";

    static readonly string[] s_wrappers = ["module.", "language_model.", "model."];
    static readonly string[] s_mtpInner = ["transformer_layer.", "mtp_model_layer."];

    internal MegatronKey(string parameter)
    {
        var rest = parameter;
        for (var i = 0; i < s_wrappers.Length; i++)
        {
            if (!rest.StartsWith(s_wrappers[i], StringComparison.Ordinal)) { continue; }
            rest = rest[s_wrappers[i].Length..];
            i = -1;
        }
        if (rest.StartsWith(Decoder, StringComparison.Ordinal))
        {
            rest = rest[Decoder.Length..];
            Place = Number(ref rest) is { } layer ? new TensorPlace(PlaceKind.Layer, layer) : new TensorPlace(PlaceKind.LayerStack);
        }
        else if (TryMtp(MtpLayers, ref rest, out var mtp))
        {
            Place = mtp;
            IsBesideLayer = true;
            foreach (var inner in s_mtpInner)
            {
                if (!rest.StartsWith(inner, StringComparison.Ordinal)) { continue; }
                (rest, IsBesideLayer) = (rest[inner.Length..], false);
                break;
            }
        }
        else if (TryMtp(MtpNorms, ref rest, out mtp))
        {
            // MindSpeed keeps these norms in a list of their own.
            (Place, IsBesideLayer, rest) = (mtp, true, "final_layernorm." + rest);
        }
        (Path, Adapter) = Unwrap(rest);
    }

    /// <summary>The layer or stack it is in; null outside.</summary>
    internal TensorPlace? Place { get; }

    /// <summary>The path inside the layer, or in the model.</summary>
    internal string Path { get; init; }

    /// <summary>Whether it is of a multi-token-prediction layer and not of the decoder layer inside.</summary>
    internal bool IsBesideLayer { get; }

    /// <summary>The adapter's matrix it is.</summary>
    internal AdapterPart Adapter { get; }

    /// <summary>The number behind a prefix that was taken off.</summary>
    internal int? Expert { get; init; }

    /// <summary>Megatron-SWIFT saves B of a gated layer without the factory that puts gate before up.</summary>
    internal bool IsStoredByRank(TensorCut cut) => Adapter == AdapterPart.B && cut.Sections.Count > 1;

    /// <summary>The same below a prefix of the path; a number that follows is taken off.</summary>
    internal MegatronKey Below(string prefix)
    {
        var rest = Path[prefix.Length..];
        var number = Number(ref rest);
        return this with { Path = rest, Expert = number };
    }

    static bool TryMtp(string prefix, ref string rest, out TensorPlace place)
    {
        place = default;
        if (!rest.StartsWith(prefix, StringComparison.Ordinal)) { return false; }
        var inner = rest[prefix.Length..];
        if (Number(ref inner) is not { } layer) { return false; }
        (rest, place) = (inner, new TensorPlace(PlaceKind.Mtp, layer));
        return true;
    }

    /// <summary>Digits and a dot at the front, taken off.</summary>
    static int? Number(ref string rest)
    {
        var dot = rest.IndexOf('.', StringComparison.Ordinal);
        if (dot < 1 || !int.TryParse(rest.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out var number)) { return null; }
        rest = rest[(dot + 1)..];
        return number;
    }

    /// <summary><c>linear_qkv.base_layer.weight</c> and <c>linear_qkv.lora_A.default.weight</c> are both <c>linear_qkv.weight</c>.</summary>
    static (string, AdapterPart) Unwrap(string path)
    {
        path = path.Replace(".base_layer.", ".", StringComparison.Ordinal);
        foreach (var (word, part) in new[] { (".lora_A.", AdapterPart.A), (".lora_B.", AdapterPart.B), (".modules_to_save.", AdapterPart.None) })
        {
            var at = path.IndexOf(word, StringComparison.Ordinal);
            if (at < 0) { continue; }
            var name = path.IndexOf('.', at + word.Length);
            if (name < 0) { continue; }
            return (path[..at] + path[name..], part);
        }
        return (path, AdapterPart.None);
    }
}
