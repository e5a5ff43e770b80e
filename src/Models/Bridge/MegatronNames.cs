using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Configs;
using Ckpt.Models.Families;

namespace Ckpt.Models.Bridge;

/// <summary>Tells from a Megatron checkpoint's tensors how it names layers, what its names begin with, and how far its vocabulary is padded.</summary>
public static class MegatronNames
{
    /// <summary>The options under which <see cref="BridgeCompiler"/> makes this checkpoint's names and shapes.</summary>
    /// <exception cref="MalformedCheckpointException">Layers are named both ways, or the embedding has fewer rows than the vocabulary.</exception>
    public static BridgeOptions Options(ModelFamily family, ModelConfig config, IReadOnlyDictionary<string, Shape> tensors, string where)
    {
        var embedding = family.Rows.First(row => row.Hf[0].Pattern == family.HfEmbedding).Megatron[0].Pattern;
        var weights = tensors.Keys.Where(name => !BridgeExtras.MegatronDrops.Any(drop => drop.Names.IsMatch(name))).ToArray();
        var prefix = Array.Find(weights, name => name.EndsWith(embedding, StringComparison.Ordinal)) is { } found ? found[..^embedding.Length] : "";
        return new BridgeOptions
        {
            MegatronHas = tensors.ContainsKey,
            MegatronTensors = tensors,
            MegatronPrefix = prefix,
            KeyForm = Form(weights, prefix, where),
            PaddedVocab = tensors.TryGetValue(prefix + embedding, out var shape) && shape.Rank == 2 ? Rows(shape, config, prefix + embedding, where) : 0,
        };
    }

    /// <summary>How many layers that predict further tokens names tell of.</summary>
    public static int MtpLayers(IEnumerable<string> names) => names.Select(MtpLayer).Where(static layer => layer.Length > 0).Distinct().Count();

    static string MtpLayer(string name)
    {
        const string Mtp = "mtp.layers.";
        var start = name.IndexOf(Mtp, StringComparison.Ordinal);
        if (start < 0 || (start > 0 && name[start - 1] != '.')) { return ""; }
        var end = name.IndexOf('.', start + Mtp.Length);
        return end < 0 ? "" : name[(start + Mtp.Length)..end];
    }

    static KeyForm Form(string[] names, string prefix, string where)
    {
        var start = prefix + "decoder.layers.";
        string? stacked = null, single = null;
        foreach (var name in names)
        {
            if (name.Length <= start.Length || !name.StartsWith(start, StringComparison.Ordinal)) { continue; }
            if (char.IsAsciiDigit(name[start.Length])) { single ??= name; }
            else { stacked ??= name; }
        }
        if (stacked is not null && single is not null) { Throw.BothForms(where, stacked, single); }
        return stacked is not null ? KeyForm.Stacked : single is not null ? KeyForm.PerLayer : KeyForm.Automatic;
    }

    static long Rows(Shape shape, ModelConfig config, string name, string where)
    {
        if (shape[0] < config.VocabSize) { Throw.ShortVocab(where, name, shape[0], config.VocabSize); }
        return shape[0];
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void BothForms(string where, string stacked, string single) => throw new MalformedCheckpointException(
            "NAM-6.1", where, $"{stacked} holds all layers and {single} holds one; a checkpoint names its layers one way");

        [DoesNotReturn]
        internal static void ShortVocab(string where, string name, long found, long vocab) => throw new MalformedCheckpointException(
            "NAM-6.2", where, $"{name} has {found} rows, the config's vocab_size is {vocab}; padding can only add rows");
    }
}
