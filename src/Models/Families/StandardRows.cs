namespace Ckpt.Models.Families;

/// <summary>
/// The rows that most decoder families share. Names and layouts: Megatron-core 0.16 sharded state dicts of GPT models, with Transformer
/// Engine's fused norms, and transformers' Llama modules.
/// </summary>
static class StandardRows
{
    internal const string Embedding = "model.embed_tokens.weight";
    internal const string Head = "lm_head.weight";

    /// <summary>What the names of a layer's Hugging Face tensors begin with.</summary>
    internal const string HfLayer = "model.layers.{L}.";

    /// <summary>What the names of a layer's Megatron tensors begin with.</summary>
    internal const string MegatronLayer = "decoder.layers.{L}.";

    const string Hf = HfLayer;
    const string Megatron = MegatronLayer;

    /// <summary>Experts as one tensor each (transformers 4) or as one per layer (transformers 5).</summary>
    internal static readonly FamilyChoice s_experts = new("experts", FamilySide.Hf, "per expert", "fused");

    /// <summary>The norm before the experts on its own (Transformer Engine layers) or under the name of a fused one (local layers).</summary>
    internal static readonly FamilyChoice s_moeNorm = new("moe norm", FamilySide.Megatron, "separate", "fused");

    internal static IReadOnlyList<FamilyRow> Before { get; } =
    [
        FamilyRow.Same(Each.Model, Embedding, "embedding.word_embeddings.weight", Dim.Vocab, Dim.Hidden),
    ];

    internal static IReadOnlyList<FamilyRow> After { get; } =
    [
        FamilyRow.Same(Each.Model, "model.norm.weight", "decoder.final_layernorm.weight", Dim.Hidden),
        FamilyRow.Same(Each.Model, Head, "output_layer.weight", Dim.Vocab, Dim.Hidden) with { When = When.Head },
    ];

    internal static IReadOnlyList<FamilyRow> Attention { get; } =
    [
        FamilyRow.Same(Each.Layer, Hf + "input_layernorm.weight", Megatron + "self_attention.linear_qkv.layer_norm_weight", Dim.Hidden),
        Qkv("weight", Dim.Hidden),
        Qkv("bias") with { When = When.AttentionBias },
        FamilyRow.Same(Each.Layer, Hf + "self_attn.q_norm.weight", Megatron + "self_attention.q_layernorm.weight", Dim.HeadDim) with { When = When.QkNorm },
        FamilyRow.Same(Each.Layer, Hf + "self_attn.k_norm.weight", Megatron + "self_attention.k_layernorm.weight", Dim.HeadDim) with { When = When.QkNorm },
        FamilyRow.Same(Each.Layer, Hf + "self_attn.o_proj.weight", Megatron + "self_attention.linear_proj.weight", Dim.Hidden, Dim.QueryRows),
        FamilyRow.Same(Each.Layer, Hf + "self_attn.o_proj.bias", Megatron + "self_attention.linear_proj.bias", Dim.Hidden) with { When = When.OutputBias },
    ];

    internal static IReadOnlyList<FamilyRow> DenseMlp { get; } =
    [
        FamilyRow.Same(Each.Layer, Hf + "post_attention_layernorm.weight", Megatron + "mlp.linear_fc1.layer_norm_weight", Dim.Hidden) with { When = When.DenseLayer },
        GateUp("weight", Dim.Hidden) with { When = When.DenseLayer },
        GateUp("bias") with { When = When.DenseLayer | When.MlpBias },
        FamilyRow.Same(Each.Layer, Hf + "mlp.down_proj.weight", Megatron + "mlp.linear_fc2.weight", Dim.Hidden, Dim.Ffn) with { When = When.DenseLayer },
        FamilyRow.Same(Each.Layer, Hf + "mlp.down_proj.bias", Megatron + "mlp.linear_fc2.bias", Dim.Hidden) with { When = When.DenseLayer | When.MlpBias },
    ];

    internal static IReadOnlyList<FamilyRow> Experts { get; } =
    [
        MoeNorm("pre_mlp_layernorm.weight", "separate"),
        MoeNorm("mlp.linear_fc1.layer_norm_weight", "fused"),
        FamilyRow.Same(Each.Layer, Hf + "mlp.gate.weight", Megatron + "mlp.router.weight", Dim.Experts, Dim.Hidden) with { When = When.MoeLayer },
        FamilyRow.Interleave(Each.Expert, Dim.One, Megatron + "mlp.experts.experts.linear_fc1.weight", [Dim.Hidden],
            (Hf + "mlp.experts.{E}.gate_proj.weight", Dim.MoeFfn), (Hf + "mlp.experts.{E}.up_proj.weight", Dim.MoeFfn))
            with { When = When.MoeLayer, Option = new("experts", "per expert") },
        FamilyRow.Same(Each.Expert, Hf + "mlp.experts.{E}.down_proj.weight", Megatron + "mlp.experts.experts.linear_fc2.weight", Dim.Hidden, Dim.MoeFfn)
            with { When = When.MoeLayer, Option = new("experts", "per expert") },
        new FamilyRow(Each.Expert, [Dim.MoeFfn, Dim.MoeFfn], [Dim.Hidden],
            [new(Hf + "mlp.experts.gate_up_proj", Dim.One, 0, 1)], [new(Megatron + "mlp.experts.experts.linear_fc1.weight", Dim.One, 0, 1)])
            with { When = When.MoeLayer, Option = new("experts", "fused") },
        FamilyRow.Same(Each.Expert, Hf + "mlp.experts.down_proj", Megatron + "mlp.experts.experts.linear_fc2.weight", Dim.Hidden, Dim.MoeFfn)
            with { When = When.MoeLayer, Option = new("experts", "fused") },
    ];

    /// <summary>The modules of transformers' Llama and Qwen decoders, in the order their parameters come.</summary>
    internal static IReadOnlyList<string> HfOrder { get; } =
    [
        "model.embed_tokens.",
        Hf + "self_attn.q_proj.", Hf + "self_attn.k_proj.", Hf + "self_attn.v_proj.", Hf + "self_attn.o_proj.",
        Hf + "self_attn.q_norm.", Hf + "self_attn.k_norm.",
        // transformers 5 has the fused experts before the router, transformers 4 the single ones behind it.
        Hf + "mlp.experts.gate_up_proj", Hf + "mlp.experts.down_proj", Hf + "mlp.gate.", Hf + "mlp.experts.",
        Hf + "mlp.gate_proj.", Hf + "mlp.up_proj.", Hf + "mlp.down_proj.",
        Hf + "input_layernorm.", Hf + "post_attention_layernorm.",
        "model.norm.", "lm_head.",
    ];

    /// <summary>One group of rows per key/value head: its query heads, then its key head, then its value head.</summary>
    internal static FamilyRow Qkv(string kind, params Dim[] rest) => FamilyRow.Interleave(
        Each.Layer, Dim.KvGroups, Megatron + "self_attention.linear_qkv." + kind, rest,
        (Hf + "self_attn.q_proj." + kind, Dim.QueryRows), (Hf + "self_attn.k_proj." + kind, Dim.KeyRows), (Hf + "self_attn.v_proj." + kind, Dim.KeyRows));

    // The file holds all gate rows, then all up rows, whatever the tensor parallelism.
    static FamilyRow GateUp(string kind, params Dim[] rest) => FamilyRow.Interleave(
        Each.Layer, Dim.One, Megatron + "mlp.linear_fc1." + kind, rest,
        (Hf + "mlp.gate_proj." + kind, Dim.Ffn), (Hf + "mlp.up_proj." + kind, Dim.Ffn));

    static FamilyRow MoeNorm(string megatron, string option) =>
        FamilyRow.Same(Each.Layer, Hf + "post_attention_layernorm.weight", Megatron + megatron, Dim.Hidden) with { When = When.MoeLayer, Option = new("moe norm", option) };
}
