using Ckpt.Formats.Tensors;

namespace Ckpt.Models.Megatron.Legacy;

/// <summary>Finds what names do not tell about cuts: from a rank's shapes where they say it, else from the arguments. Pure.</summary>
static class LegacyCuts
{
    /// <summary>The options for a checkpoint of which these are a rank's tensors.</summary>
    internal static MegatronCutOptions Of(LegacyArgs args, IEnumerable<LegacyPart> parts) => Of(args, parts.Select(static part => (part.Key, part.Shape)));

    /// <summary>The options for a model of these tensors, or for one whose ranks have these.</summary>
    internal static MegatronCutOptions Of(LegacyArgs args, IEnumerable<(LegacyKey Key, Shape Shape)> tensors)
    {
        var shapes = new Dictionary<string, Shape>(StringComparer.Ordinal);
        foreach (var (key, shape) in tensors)
        {
            // Axes of layers and experts stand in front of the two that matter.
            if (key.IsInLayer) { shapes.TryAdd(key.Path, shape.Rank > 2 ? new Shape(shape.Dims[^2..].ToArray()) : shape); }
        }
        var options = new MegatronCutOptions
        {
            Gated = Gated(shapes, "mlp.linear_fc") ?? Gated(shapes, "mlp.experts.experts.linear_fc") ?? Gated(shapes, "mlp.shared_experts.linear_fc") ?? args.IsGated,
            LatentDownIsCut = Size(shapes, "self_attention.linear_kv_down_proj.weight", 0) is { } rows && Size(shapes, "self_attention.linear_kv_up_proj.weight", 1) is { } columns && rows < columns,
            // The norm of the Hugging Face module, which is embedded as it is on every rank; Megatron-core's is out_norm.
            LinearAttention = shapes.ContainsKey("self_attention.norm.weight") ? LinearAttentionForm.Whole : LinearAttentionForm.ByHead,
            HeadIsClassifier = args.IsClassifier,
            Experts = args.Experts,
        };
        return args.LinearSections(shapes.ContainsKey("mixer.in_proj.weight")) is { } sections && (shapes.ContainsKey("mixer.in_proj.weight") || shapes.ContainsKey("self_attention.in_proj.weight"))
            ? options with { LinearAttention = LinearAttentionForm.BySection, InProjSections = sections.In, ConvSections = sections.Conv }
            : options;
    }

    /// <summary>Gate and up together have twice the rows that the next projection has columns.</summary>
    static bool? Gated(Dictionary<string, Shape> shapes, string name) =>
        Size(shapes, name + "1.weight", 0) is { } rows && Size(shapes, name + "2.weight", 1) is { } columns && columns > 0 && rows % columns == 0 ? rows / columns == 2 : null;

    static long? Size(Dictionary<string, Shape> shapes, string name, int axis) => shapes.TryGetValue(name, out var shape) && shape.Rank == 2 ? shape[axis] : null;
}
