using static Ckpt.Models.Families.StandardRows;

namespace Ckpt.Models.Families;

/// <summary>The order of transformers' modules, for families whose modules come in another than the standard one.</summary>
static class FamilyOrder
{
    /// <summary>Modules of attention as Llama has them.</summary>
    internal static readonly string[] s_attention = ["self_attn.sinks", "self_attn.q_proj.", "self_attn.k_proj.", "self_attn.v_proj.", "self_attn.o_proj.", "self_attn.q_norm.", "self_attn.k_norm."];

    /// <summary>Norms in the order families with more than two of them have them.</summary>
    internal static readonly string[] s_norms =
    [
        "input_layernorm.", "post_attention_layernorm.", "post_self_attn_layernorm.", "post_mlp_layernorm.", "pre_feedforward_layernorm.", "post_feedforward_layernorm.",
    ];

    /// <summary>The standard order but for the modules of feed-forward layers, which come in this one.</summary>
    internal static IReadOnlyList<string> WithMlp(params string[] mlp) => Of([.. s_attention, .. mlp, "mlp.gate_proj.", "mlp.up_proj.", "mlp.down_proj.", .. s_norms]);

    /// <summary>Modules of a layer in this order, between the embedding and the last norm.</summary>
    internal static IReadOnlyList<string> Of(params IReadOnlyList<string> layer) => ["model.embed_tokens.", .. layer.Select(static module => HfLayer + module), "model.norm.", "lm_head."];
}
