using static Ckpt.Models.Families.StandardRows;

namespace Ckpt.Models.Families;

/// <summary>Rows of attention and of the norms around it, for families that differ from the standard ones there.</summary>
static class AttentionRows
{
    /// <summary>Norms over all query heads together: Megatron-core's word for norms of queries and keys, or mcore-bridge's for MiniMax-M2's.</summary>
    internal static readonly FamilyChoice s_wideNorms = new("qk norm", FamilySide.Megatron, "q_layernorm", "q_norm");

    /// <summary>The same, written the other way.</summary>
    internal static readonly FamilyChoice s_wideNormsOfMiniMax = new("qk norm", FamilySide.Megatron, "q_norm", "q_layernorm");

    /// <summary>Rows of linear_qkv dealt out by key/value head, or all queries before all keys before all values (mcore-bridge's OLMo classes).</summary>
    internal static readonly FamilyChoice s_qkvOrder = new("qkv order", FamilySide.Megatron, "by group", "one after another");

    internal static FamilyRow InputNorm { get; } = StandardRows.Attention[0];

    /// <summary>Projections with their biases, without any norm.</summary>
    internal static IReadOnlyList<FamilyRow> Projections { get; } = [.. StandardRows.Attention.Skip(1).Where(static row => !row.When.HasFlag(When.QkNorm))];

    /// <summary>The same with either order of the rows of linear_qkv.</summary>
    internal static IReadOnlyList<FamilyRow> ProjectionsInEitherOrder { get; } =
    [
        Qkv("weight", Dim.Hidden) with { Option = new("qkv order", "by group") },
        Qkv("bias") with { When = When.AttentionBias, Option = new("qkv order", "by group") },
        OneAfterAnother("weight", Dim.Hidden),
        OneAfterAnother("bias") with { When = When.AttentionBias },
        .. Projections.Skip(2),
    ];

    /// <summary>Query, key and value in one Hugging Face tensor, one after another.</summary>
    internal static IReadOnlyList<FamilyRow> FusedProjections { get; } =
    [
        Qkv("weight", Dim.Hidden) with { Hf = [new(HfLayer + "self_attn.qkv_proj.weight", Dim.One, 0, 1, 2)] },
        .. Projections.Skip(2),
    ];

    /// <summary>Norms over all heads of a token together.</summary>
    internal static IReadOnlyList<FamilyRow> WideNorms { get; } = [Wide("q", Dim.QueryRows, "layernorm"), Wide("k", Dim.KeyRows, "layernorm"), Wide("q", Dim.QueryRows, "norm"), Wide("k", Dim.KeyRows, "norm")];

    /// <summary>Logits of nothing, one a head, that take part in every softmax.</summary>
    internal static FamilyRow Sinks { get; } = new(
        Each.Layer, [Dim.Heads], [],
        [new(HfLayer + "self_attn.sinks", Dim.One, 0) { HeldAs = Sharding.Maps.HeldAs.Weights }],
        [new(MegatronLayer + "self_attention.core_attention.softmax_offset", Dim.One, 0) { HeldAs = Sharding.Maps.HeldAs.Single }]);

    static FamilyRow OneAfterAnother(string kind, params Dim[] rest)
    {
        var row = FamilyRow.Interleave(
            Each.Layer, Dim.One, MegatronLayer + "self_attention.linear_qkv." + kind, rest,
            (HfLayer + "self_attn.q_proj." + kind, Dim.QueryRows), (HfLayer + "self_attn.k_proj." + kind, Dim.KeyRows), (HfLayer + "self_attn.v_proj." + kind, Dim.KeyRows));
        return row with { Option = new("qkv order", "one after another") };
    }

    static FamilyRow Wide(string letter, Dim rows, string word)
    {
        var row = FamilyRow.Same(Each.Layer, $"{HfLayer}self_attn.{letter}_norm.weight", $"{MegatronLayer}self_attention.{letter}_{word}.weight", rows);
        return row with { When = When.QkNorm, Option = new("qk norm", "q_" + word) };
    }
}
