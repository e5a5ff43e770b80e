using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;

namespace Ckpt.Models.Megatron;

/// <summary>What a Megatron checkpoint's tensor names and shapes say about the model, whichever way layers are named.</summary>
sealed class MegatronShapes
{
    const string Decoder = "decoder.layers.";

    readonly Dictionary<string, (string Name, long[] Dims)> _layer = [];
    readonly Dictionary<string, (string Name, long[] Dims)> _model = [];
    readonly HashSet<int> _moeLayers = [];
    readonly HashSet<int> _linearLayers = [];
    readonly HashSet<int> _mtpLayers = [];
    readonly HashSet<int> _layers = [];

    internal MegatronShapes(IReadOnlyDictionary<string, Shape> tensors, string where)
    {
        Where = where;
        var prefix = tensors.Keys.Where(name => !IsState(name)).FirstOrDefault(name => name.EndsWith("embedding.word_embeddings.weight", StringComparison.Ordinal));
        prefix = prefix is null ? "" : prefix[..^"embedding.word_embeddings.weight".Length];
        foreach (var (name, shape) in tensors)
        {
            if (!name.StartsWith(prefix, StringComparison.Ordinal) || IsState(name)) { continue; }
            var rest = name[prefix.Length..];
            if (rest.StartsWith(Decoder, StringComparison.Ordinal)) { AddLayer(rest[Decoder.Length..], name, shape); }
            else if (MtpLayer(rest) is { } further) { _mtpLayers.Add(further); }
            else { _model.TryAdd(rest, (name, shape.ToArray())); }
        }
    }

    internal string Where { get; }

    /// <summary>Layers there are.</summary>
    internal long Layers { get; private set; }

    /// <summary>Whether a layer has experts, where layers are named one by one; null where one tensor holds all.</summary>
    internal IReadOnlyList<bool>? MoeLayers => _layers.Count == 0 ? null : [.. Enumerable.Range(0, _layers.Count).Select(_moeLayers.Contains)];

    /// <summary>Whether a layer has linear attention, by the layers in the names.</summary>
    internal IReadOnlyList<bool> LinearLayers => [.. Enumerable.Range(0, _layers.Count).Select(_linearLayers.Contains)];

    /// <summary>Layers that predict further tokens.</summary>
    internal int MtpLayers => _mtpLayers.Count;

    /// <summary>Names of a layer's tensors, without what all of them begin with.</summary>
    internal IReadOnlyCollection<string> LayerNames => _layer.Keys;

    internal bool Has(string suffix) => _layer.ContainsKey(suffix) || _model.ContainsKey(suffix);

    /// <summary>Whether queries are normalised over all heads together.</summary>
    internal bool HasWideNorms =>
        Size(FamilyOfTensors.Qk, 0, 1) is { } norm && Size("self_attention.linear_proj.weight", 1, 2) is { } rows && norm.Value == rows.Value;

    /// <summary>A size of a tensor of the model or, without the axis of layers, of its layers; null where there is no such tensor.</summary>
    internal (string Source, long Value)? Size(string suffix, int axis, int rank)
    {
        if (!_layer.TryGetValue(suffix, out var found) && !_model.TryGetValue(suffix, out found)) { return null; }
        if (found.Dims.Length != rank) { Throw.Rank(Where, found.Name, found.Dims.Length, rank); }
        return ($"axis {axis} of {found.Name}", found.Dims[axis]);
    }

    void AddLayer(string rest, string name, Shape shape)
    {
        var dot = rest.IndexOf('.', StringComparison.Ordinal);
        if (dot > 0 && int.TryParse(rest.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out var layer))
        {
            var suffix = rest[(dot + 1)..];
            _layers.Add(layer);
            if (suffix.StartsWith("mlp.experts.", StringComparison.Ordinal)) { _moeLayers.Add(layer); }
            if (suffix == "self_attention.A_log") { _linearLayers.Add(layer); }
            _layer.TryAdd(suffix, (name, shape.ToArray()));
            Layers = _layers.Count;
        }
        else if (shape.Rank > 0)
        {
            _layer.TryAdd(rest, (name, shape.Dims[1..].ToArray()));
            Layers = shape[0];
        }
    }

    static int? MtpLayer(string name)
    {
        const string Mtp = "mtp.layers.";
        if (!name.StartsWith(Mtp, StringComparison.Ordinal)) { return null; }
        var end = name.IndexOf('.', Mtp.Length);
        return end > 0 && int.TryParse(name.AsSpan(Mtp.Length, end - Mtp.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var layer) ? layer : null;
    }

    static bool IsState(string name) => Bridge.BridgeExtras.MegatronDrops.Any(drop => drop.Names.IsMatch(name));

    static class Throw
    {
        [DoesNotReturn]
        internal static void Rank(string where, string name, int found, int expected) => throw new MalformedCheckpointException(
            "CFG-5.3", where, $"{name} has {found} axes without that of the layers, a GPT model's has {expected}");
    }
}
