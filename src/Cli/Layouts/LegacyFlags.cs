using Ckpt.Cli.Flags;
using Ckpt.Models.Megatron;
using Ckpt.Models.Megatron.Legacy;

namespace Ckpt.Cli.Layouts;

/// <summary>The flags that say whose layers and experts legacy <c>torch</c> files are written for; other formats are the same for all.</summary>
static class LegacyFlags
{
    /// <summary>The flags, by the names of Megatron-LM.</summary>
    internal static readonly IReadOnlyList<FlagSpec> All =
    [
        new("transformer_impl", FlagKind.Text, "legacy torch files: transformer_engine (the default), local, or mindspeed (local with MindSpeed-LLM's names)"),
        new("moe_grouped_gemm", FlagKind.Bool, "legacy torch files: experts of grouped GEMM (the default); false writes one module an expert"),
        new("moe_use_legacy_grouped_gemm", FlagKind.Bool, "legacy torch files: experts in two tensors, weight1 and weight2 (MindSpeed-LLM, Megatron-core up to 0.16)"),
        new("tensor_cut", FlagKind.List, "legacy torch files: how ranks share tensors that no table knows, PATTERN=KIND, such as decoder.layers.*.adapter.weight=columns"),
    ];

    /// <summary>Whose layers.</summary>
    /// <exception cref="UsageException">No implementation has that name.</exception>
    internal static LegacyLayers Layers(FlagValues values) => values.Text("transformer_impl") switch
    {
        null or "transformer_engine" => LegacyLayers.TransformerEngine,
        "local" => LegacyLayers.Local,
        "mindspeed" => LegacyLayers.MindSpeed,
        var other => throw new UsageException("CLI-9.2", "--transformer_impl", $"{other}; allowed are transformer_engine, local and mindspeed"),
    };

    /// <summary>How ranks share what no table knows.</summary>
    /// <exception cref="Formats.LayoutException">LAY-5.3: a text is no rule.</exception>
    internal static IReadOnlyList<CutOverride> Cuts(FlagValues values) => [.. values.List("tensor_cut").Select(CutOverride.Parse)];

    /// <summary>Whose experts: grouped GEMM outside Transformer Engine is the legacy one.</summary>
    internal static LegacyExperts Experts(FlagValues values)
    {
        if (values.Bool("moe_use_legacy_grouped_gemm")) { return LegacyExperts.Grouped; }
        if (!values.Bool("moe_grouped_gemm", otherwise: true)) { return LegacyExperts.Sequential; }
        if (Layers(values) == LegacyLayers.TransformerEngine) { return LegacyExperts.TransformerEngineGrouped; }
        return values.Has("moe_grouped_gemm") ? LegacyExperts.Grouped : LegacyExperts.Sequential;
    }
}
