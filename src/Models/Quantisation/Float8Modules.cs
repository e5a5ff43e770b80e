using System.Text.RegularExpressions;
using Ckpt.Formats.Tensors;

namespace Ckpt.Models.Quantisation;

/// <summary>
/// Which Hugging Face weights are quantised when a model is: the linear layers of attention, experts and MLPs; not routers, gates, embeddings, the
/// output layer, towers or what joins prediction layers. As Megatron-SWIFT chooses.
/// </summary>
public static partial class Float8Modules
{
    /// <summary>Whether a weight of this name and shape is quantised.</summary>
    public static bool IsConverted(string name, Shape shape)
    {
        if (Kept().IsMatch(name)) { return false; }
        return (shape.Rank == 2 && name.EndsWith(".weight", StringComparison.Ordinal)) || (shape.Rank == 3 && FusedExperts().IsMatch(name));
    }

    /// <summary>The modules to name in <c>modules_to_not_convert</c>: every matrix among these that is no 8-bit float, embeddings left out.</summary>
    public static IReadOnlyList<string> NotConverted(IEnumerable<TensorInfo> tensors) =>
    [
        .. tensors.Where(static t => t.Shape.Rank > 1 && t.DType is DType.BF16 or DType.F16 or DType.F32 && t.Name.EndsWith(".weight", StringComparison.Ordinal) && !Embedding().IsMatch(t.Name))
            .Select(static t => ModulePatterns.ModuleOf(t.Name)),
    ];

    [GeneratedRegex(@"(^|\.)(embed_tokens|embed_positions|embeddings?|wte|lm_head|output_layer|eh_proj|shared_head|visual|vision\w*|audio\w*|aligner|multi_modal_projector|mlp1|mm_projector|vit|merger|talker|code2wav|token2wav)(\.|$)|\.(mlp|block_sparse_moe|feed_forward)\.(gate|router)(\.\w+)?\.weight$|shared_expert_gate\.|\.in_proj_(a|b|ba)\.|conv1d|^mtp\.fc\.|norm\.weight$", RegexOptions.CultureInvariant)]
    private static partial Regex Kept();

    [GeneratedRegex(@"\.experts\.(gate_up_proj|down_proj)$", RegexOptions.CultureInvariant)]
    private static partial Regex FusedExperts();

    [GeneratedRegex(@"(^|\.)(embed_tokens|embed_positions|embeddings?|wte)\.", RegexOptions.CultureInvariant)]
    private static partial Regex Embedding();
}
