using static Ckpt.Models.Families.StandardRows;

namespace Ckpt.Models.Families;

/// <summary>
/// Rows of attention whose output is gated. Hugging Face's <c>q_proj</c> has, head by head, the head's query, then its gate. mcore-bridge keeps that
/// pairing inside linear_qkv; Megatron-core and NVIDIA's Megatron-Bridge have all queries of a group, then all its gates; MindSpeed-LLM keeps the
/// three projections.
/// </summary>
static class GatedRows
{
    internal const string Dialect = "dialect";
    internal const string Bridge = "mcore-bridge";
    internal const string Native = "native";
    internal const string MindSpeed = "mindspeed";

    const string Self = MegatronLayer + "self_attention.";

    /// <summary>Whose order the rows are in: names and shapes of the first two are the same.</summary>
    internal static readonly FamilyChoice s_dialect = new(Dialect, FamilySide.Megatron, Bridge, Native, MindSpeed) { IsAsked = true };

    internal static IReadOnlyList<FamilyRow> Attention { get; } =
    [
        FamilyRow.Same(Each.Layer, HfLayer + "input_layernorm.weight", Self + "linear_qkv.layer_norm_weight", Dim.Hidden) with { When = When.FullAttention, Option = new("attention norm", "fused") },
        FamilyRow.Same(Each.Layer, HfLayer + "input_layernorm.weight", MegatronLayer + "input_layernorm.weight", Dim.Hidden) with { When = When.FullAttention, Option = new("attention norm", "separate") },
        Paired("weight", Dim.Hidden),
        Paired("bias") with { When = When.FullAttention | When.AttentionBias },
        Apart("weight", Dim.Hidden),
        Apart("bias") with { When = When.FullAttention | When.AttentionBias },
        .. Single("weight", When.FullAttention, Dim.Hidden),
        .. Single("bias", When.FullAttention | When.AttentionBias),
        FamilyRow.Same(Each.Layer, HfLayer + "self_attn.q_norm.weight", Self + "q_layernorm.weight", Dim.HeadDim) with { When = When.FullAttention },
        FamilyRow.Same(Each.Layer, HfLayer + "self_attn.k_norm.weight", Self + "k_layernorm.weight", Dim.HeadDim) with { When = When.FullAttention },
        FamilyRow.Same(Each.Layer, HfLayer + "self_attn.o_proj.weight", Self + "linear_proj.weight", Dim.Hidden, Dim.QueryRows) with { When = When.FullAttention },
        FamilyRow.Same(Each.Layer, HfLayer + "self_attn.o_proj.bias", Self + "linear_proj.bias", Dim.Hidden) with { When = When.FullAttention | When.OutputBias },
    ];

    static FamilyRow Paired(string kind, params Dim[] rest) => FamilyRow.Interleave(
        Each.Layer, Dim.KvGroups, Self + "linear_qkv." + kind, rest,
        (HfLayer + "self_attn.q_proj." + kind, Dim.GatedQueryRows), (HfLayer + "self_attn.k_proj." + kind, Dim.KeyRows), (HfLayer + "self_attn.v_proj." + kind, Dim.KeyRows))
        with
    { When = When.FullAttention, Option = new(Dialect, Bridge) };

    static FamilyRow Apart(string kind, params Dim[] rest) => new(
        Each.Layer, [Dim.QueryRows, Dim.QueryRows, Dim.KeyRows, Dim.KeyRows], rest,
        [new(HfLayer + "self_attn.q_proj." + kind, Dim.Heads, 0, 1), new(HfLayer + "self_attn.k_proj." + kind, Dim.One, 2), new(HfLayer + "self_attn.v_proj." + kind, Dim.One, 3)],
        [new(Self + "linear_qkv." + kind, Dim.KvGroups, 0, 1, 2, 3)])
    { When = When.FullAttention, Option = new(Dialect, Native) };

    static IEnumerable<FamilyRow> Single(string kind, When when, params IReadOnlyList<Dim> rest) =>
        new[] { ("q_proj", Dim.GatedQueryRows), ("k_proj", Dim.KeyRows), ("v_proj", Dim.KeyRows) }.Select(part =>
            FamilyRow.Same(Each.Layer, $"{HfLayer}self_attn.{part.Item1}.{kind}", $"{Self}{part.Item1}.{kind}", [part.Item2, .. rest]) with { When = when, Option = new(Dialect, MindSpeed) });
}
