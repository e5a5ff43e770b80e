using Ckpt.Formats.LegacyTorch;

namespace Ckpt.Models.Megatron.Legacy;

/// <summary>What names alone say about the part of a model in a chunk.</summary>
/// <param name="Layers">Decoder layers, by their numbers in the chunk.</param>
/// <param name="Mtp">Layers of multi-token prediction.</param>
/// <param name="HasEmbedding">Whether it has an embedding, its own or a copy.</param>
/// <param name="HasFinalNorm">Whether the norm behind the last layer is here.</param>
/// <param name="HasTiedHead">Whether there is a copy of the embedding under the name that models before Megatron-core had for it.</param>
sealed record LegacySurvey(IReadOnlySet<int> Layers, int Mtp, bool HasEmbedding, bool HasFinalNorm, bool HasTiedHead)
{
    internal static LegacySurvey Of(LegacyChunk chunk)
    {
        var old = chunk.Tensors.Any(static entry => LegacyKey.IsOld(entry.Name));
        var layers = new SortedSet<int>();
        var mtp = new HashSet<string>(StringComparer.Ordinal);
        var (embedding, norm, tied) = (false, false, false);
        foreach (var entry in chunk.Tensors)
        {
            var key = old ? LegacyKey.OfOld(entry.Name) : LegacyKey.OfCore(entry.Name);
            if (key.Local >= 0) { layers.Add(key.Local); }
            else if (key.IsInLayer) { mtp.Add(key.Prefix); }
            embedding |= !key.IsInLayer && key.Path.EndsWith("embedding.word_embeddings.weight", StringComparison.Ordinal);
            norm |= !key.IsInLayer && (key.Path.EndsWith("decoder.final_layernorm.weight", StringComparison.Ordinal) || key.Path.EndsWith("decoder.final_norm.weight", StringComparison.Ordinal));
            tied |= entry.Name.StartsWith("word_embeddings_for_head.", StringComparison.Ordinal);
        }
        return new LegacySurvey(layers, mtp.Count, embedding, norm, tied);
    }
}
