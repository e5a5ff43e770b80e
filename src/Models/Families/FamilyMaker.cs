using Ckpt.Models.Configs;

namespace Ckpt.Models.Families;

/// <summary>Makes a family of the rows of its layers: the embedding in front of them, the last norm and the output layer behind.</summary>
static class FamilyMaker
{
    /// <summary>The output layer's bias, for families that know one.</summary>
    internal static readonly FamilyRow s_headBias = FamilyRow.Same(Each.Model, "lm_head.bias", "output_layer.bias", Dim.Vocab) with { When = When.HeadBias };

    internal static ModelFamily Make(string name, string architecture, ConfigRules config, IReadOnlyList<string> order, params IReadOnlyList<FamilyRow> layer) =>
        new(name, architecture, config, [.. StandardRows.Before, .. layer, .. After(config)])
        {
            HfOrder = order,
            HfEmbedding = StandardRows.Embedding,
            HfHead = StandardRows.Head,
        };

    /// <summary>The arguments of a family that mcore-bridge has a class of its own for.</summary>
    internal static IReadOnlyDictionary<string, object> Kind(string mcoreModelType) => new Dictionary<string, object> { ["mcore_model_type"] = mcoreModelType };

    static List<FamilyRow> After(ConfigRules config)
    {
        var rows = StandardRows.After.ToList();
        if (config.LayerNorms) { rows.Insert(1, NormRows.BiasOf(rows[0])); }
        if (config.HeadBias.Key is not null || config.HeadBias.Default) { rows.Add(s_headBias); }
        return rows;
    }
}
