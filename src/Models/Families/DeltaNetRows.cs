using Ckpt.Sharding.Maps;
using static Ckpt.Models.Families.StandardRows;

namespace Ckpt.Models.Families;

/// <summary>
/// Rows of gated delta nets (linear attention). The parts of the input projection are queries, keys, values, output gates (z), write strengths (b) and
/// decays (a). Qwen3-Next's files have them key head by key head, Qwen3.5's part by part.
/// </summary>
static class DeltaNetRows
{
    /// <summary>The forms Megatron checkpoints have, in the words of <see cref="Form"/>.</summary>
    internal const string Form = "delta net";

    /// <summary>transformers' module kept whole, under its own names (mcore-bridge before its own class, MindSpeed-LLM).</summary>
    internal const string Module = "module";

    /// <summary>mcore-bridge's class: one projection, key head by key head.</summary>
    internal const string Joined = "joined";

    /// <summary>mcore-bridge's class with <c>linear_decoupled_in_proj</c>: b and a in a projection of their own.</summary>
    internal const string Decoupled = "decoupled";

    /// <summary>Megatron-core's sharded state dict: every part a tensor.</summary>
    internal const string Parts = "parts";

    /// <summary>Megatron-core's module as it is in memory of one rank: part by part in one tensor.</summary>
    internal const string Sections = "sections";

    const string Net = HfLayer + "linear_attn.";
    const string Self = MegatronLayer + "self_attention.";

    static readonly Dim[] s_projection = [Dim.LinearKeyRows, Dim.LinearKeyRows, Dim.LinearValueRows, Dim.LinearValueRows, Dim.LinearValueHeads, Dim.LinearValueHeads];
    static readonly Dim[] s_convolution = [Dim.LinearKeyRows, Dim.LinearKeyRows, Dim.LinearValueRows];
    static readonly string[] s_parts = ["query", "key", "value", "z", "beta", "alpha"];

    static readonly RowTensor[] s_byHead = [new(Net + "in_proj_qkvz.weight", Dim.LinearKeyHeads, 0, 1, 2, 3), new(Net + "in_proj_ba.weight", Dim.LinearKeyHeads, 4, 5)];

    static readonly RowTensor[] s_byPart =
        [new(Net + "in_proj_qkv.weight", Dim.One, 0, 1, 2), new(Net + "in_proj_z.weight", Dim.One, 3), new(Net + "in_proj_b.weight", Dim.One, 4), new(Net + "in_proj_a.weight", Dim.One, 5)];

    /// <summary>The norm before a delta net inside its projection, or on its own.</summary>
    internal static readonly FamilyChoice s_norm = new("delta net norm", FamilySide.Megatron, "separate", "fused");

    /// <summary>The rows of Qwen3-Next, whose files have the projections key head by key head.</summary>
    internal static IReadOnlyList<FamilyRow> ByHead { get; } = Rows(s_byHead);

    /// <summary>The rows of Qwen3.5, whose files have the projections part by part.</summary>
    internal static IReadOnlyList<FamilyRow> ByPart { get; } = Rows(s_byPart);

    /// <summary>The forms, the one that is written first; which dialects have one.</summary>
    internal static FamilyChoice Forms(string first) => new(Form, FamilySide.Megatron, [first, .. new[] { Module, Joined, Decoupled, Parts, Sections }.Where(form => form != first)])
    {
        Needs = new Dictionary<string, IReadOnlyList<RowOption>>
        {
            [Module] = [new(GatedRows.Dialect, GatedRows.Bridge), new(GatedRows.Dialect, GatedRows.MindSpeed)],
            [Joined] = [new(GatedRows.Dialect, GatedRows.Bridge)],
            [Decoupled] = [new(GatedRows.Dialect, GatedRows.Bridge)],
            [Parts] = [new(GatedRows.Dialect, GatedRows.Native)],
            [Sections] = [new(GatedRows.Dialect, GatedRows.Native)],
        },
    };

    static IReadOnlyList<FamilyRow> Rows(RowTensor[] hf) =>
    [
        FamilyRow.Same(Each.Layer, HfLayer + "input_layernorm.weight", MegatronLayer + "input_layernorm.weight", Dim.Hidden) with { When = When.LinearAttention, Option = new("delta net norm", "separate") },
        FamilyRow.Same(Each.Layer, HfLayer + "input_layernorm.weight", Self + "in_proj.layer_norm_weight", Dim.Hidden) with { When = When.LinearAttention, Option = new("delta net norm", "fused") },
        Projection(hf, Module, [.. hf.Select(static tensor => tensor with { Pattern = tensor.Pattern.Replace(Net, Self, StringComparison.Ordinal) })]),
        Projection(hf, Joined, new RowTensor(Self + "in_proj.weight", Dim.LinearKeyHeads, 0, 1, 2, 3, 4, 5)),
        Projection(hf, Decoupled, new RowTensor(Self + "in_proj_qkvz.weight", Dim.LinearKeyHeads, 0, 1, 2, 3), new(Self + "in_proj_ba.weight", Dim.LinearKeyHeads, 4, 5)),
        Projection(hf, Parts, [.. s_parts.Select(static (part, index) => new RowTensor(Self + "in_proj.weight." + part, Dim.One, index))]),
        Projection(hf, Sections, new RowTensor(Self + "in_proj.weight", Dim.One, 0, 1, 2, 3, 4, 5)),
        Convolution(Module, new RowTensor(Self + "conv1d.weight", Dim.One, 0, 1, 2)),
        Convolution(Joined, new RowTensor(Self + "conv1d.weight", Dim.LinearKeyHeads, 0, 1, 2)),
        Convolution(Decoupled, new RowTensor(Self + "conv1d.weight", Dim.LinearKeyHeads, 0, 1, 2)),
        Convolution(Parts, [.. s_parts.Take(3).Select(static (part, index) => new RowTensor(Self + "conv1d.weight." + part, Dim.One, index))]),
        Convolution(Sections, new RowTensor(Self + "conv1d.weight", Dim.One, 0, 1, 2)),
        FamilyRow.Same(Each.Layer, Net + "dt_bias", Self + "dt_bias", Dim.LinearValueHeads) with { When = When.LinearAttention },
        FamilyRow.Same(Each.Layer, Net + "A_log", Self + "A_log", Dim.LinearValueHeads) with { When = When.LinearAttention },
        OutNorm(Module, "norm.weight"),
        OutNorm(Joined, "out_norm.weight"),
        OutNorm(Decoupled, "out_norm.weight"),
        Centred(Parts),
        Centred(Sections),
        FamilyRow.Same(Each.Layer, Net + "out_proj.weight", Self + "out_proj.weight", Dim.Hidden, Dim.LinearValueRows) with { When = When.LinearAttention },
    ];

    static FamilyRow Projection(RowTensor[] hf, string form, params RowTensor[] megatron) =>
        new(Each.Layer, s_projection, [Dim.Hidden], hf, megatron) { When = When.LinearAttention, Option = new(Form, form) };

    static FamilyRow Convolution(string form, params RowTensor[] megatron) =>
        new(Each.Layer, s_convolution, [Dim.One, Dim.ConvKernel], [new(Net + "conv1d.weight", Dim.One, 0, 1, 2)], megatron) { When = When.LinearAttention, Option = new(Form, form) };

    static FamilyRow OutNorm(string form, string megatron) =>
        FamilyRow.Same(Each.Layer, Net + "norm.weight", Self + megatron, Dim.LinearValueDim) with { When = When.LinearAttention, Option = new(Form, form) };

    // Megatron-core's norm is zero-centred there too: it holds one less. float32 holds the difference of any bfloat16 and 1 that matters, so that nothing is lost.
    static FamilyRow Centred(string form) => new(
        Each.Layer, [Dim.LinearValueDim], [], [new(Net + "norm.weight", Dim.One, 0) { HeldAs = HeldAs.Weights }], [new(Self + "out_norm.weight", Dim.One, 0) { HeldAs = HeldAs.Single, Added = -1 }])
    { When = When.LinearAttention, Option = new(Form, form) };
}
