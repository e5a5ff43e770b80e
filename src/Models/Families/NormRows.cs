using static Ckpt.Models.Families.StandardRows;

namespace Ckpt.Models.Families;

/// <summary>
/// Rows of norms behind attention and feed-forward layers, and of norms with biases. Four producers of Megatron checkpoints name the former
/// four ways (NAM-7.2).
/// </summary>
static class NormRows
{
    /// <summary>Where the norms behind attention and feed-forward layers are, by producer; mcore-bridge's way is written.</summary>
    internal static readonly FamilyChoice s_postNorms = new("post norms", FamilySide.Megatron, "mcore-bridge", "Megatron-Bridge", "Megatron-core", "MindSpeed-LLM");

    /// <summary>The same; for families that Megatron-Bridge alone has, its way is written.</summary>
    internal static readonly FamilyChoice s_postNormsOfGemma = new("post norms", FamilySide.Megatron, "Megatron-Bridge", "mcore-bridge", "Megatron-core", "MindSpeed-LLM");

    static readonly (string Producer, string Attention, string FeedForward)[] s_places =
    [
        ("mcore-bridge", "self_attention.post_self_attn_layernorm.weight", "mlp.post_mlp_layernorm.weight"),
        ("Megatron-Bridge", "self_attention.linear_proj.post_layernorm.weight", "mlp.linear_fc2.post_layernorm.weight"),
        ("Megatron-core", "post_self_attn_layernorm.weight", "post_mlp_layernorm.weight"),
        ("MindSpeed-LLM", "post_attn_norm.weight", "post_mlp_layernorm.weight"),
    ];

    /// <summary>The norm before dense layers, under another Hugging Face name than the usual.</summary>
    internal static FamilyRow PreFeedForward { get; } = StandardRows.DenseMlp[0] with { Hf = [new(HfLayer + "pre_feedforward_layernorm.weight", Dim.One, 0)] };

    /// <summary>Norms behind attention and feed-forward layers.</summary>
    internal static IReadOnlyList<FamilyRow> After(string attention, string feedForward) =>
    [
        .. s_places.Select(place => At(attention, place.Producer, place.Attention)),
        .. s_places.Select(place => At(feedForward, place.Producer, place.FeedForward)),
    ];

    /// <summary>The bias beside a norm's weight: Megatron calls it as it calls the weight.</summary>
    internal static FamilyRow BiasOf(FamilyRow norm) => norm with
    {
        Hf = [.. norm.Hf.Select(static tensor => tensor with { Pattern = Bias(tensor.Pattern) })],
        Megatron = [.. norm.Megatron.Select(static tensor => tensor with { Pattern = Bias(tensor.Pattern) })],
    };

    static string Bias(string pattern) => pattern[..^"weight".Length] + "bias";

    static FamilyRow At(string hf, string producer, string megatron) =>
        FamilyRow.Same(Each.Layer, HfLayer + hf, MegatronLayer + megatron, Dim.Hidden) with { Option = new("post norms", producer) };
}
