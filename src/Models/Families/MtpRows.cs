using static Ckpt.Models.Families.StandardRows;

namespace Ckpt.Models.Families;

/// <summary>
/// Rows of layers that predict further tokens (MTP). Megatron has, for each, two norms, the projection of embedding and hidden state beside each
/// other, a layer like the decoder's, and a final norm. Names: Megatron-core 0.16 <c>MultiTokenPredictionLayer</c>; Hugging Face's differ by family.
/// </summary>
static class MtpRows
{
    /// <summary>The layer inside: Megatron-core's old word, which GPT checkpoints keep, or its new one.</summary>
    internal static readonly FamilyChoice s_layer = new("mtp layer", FamilySide.Megatron, "transformer_layer", "mtp_model_layer");

    /// <summary>The final norm in its layer, or in a list of its own (MindSpeed-LLM).</summary>
    internal static readonly FamilyChoice s_norm = new("mtp norm", FamilySide.Megatron, "in the layer", "in a list");

    const string PerExpert = "per expert";
    const string Megatron = "mtp.layers.{M}.";
    const string List = "mtp.final_layernorms.{M}.weight";

    /// <summary>Layers that count on from the decoder's, as DeepSeek-V3, Kimi and GLM name them.</summary>
    internal static ModelFamily CountedOn(ModelFamily family) => With(family, "model.layers.{N}.",
    [
        Own("model.layers.{N}.enorm.weight", "enorm.weight", Dim.Hidden),
        Own("model.layers.{N}.hnorm.weight", "hnorm.weight", Dim.Hidden),
        Own("model.layers.{N}.eh_proj.weight", "eh_proj.weight", Dim.Hidden, Dim.TwiceHidden),
        .. FinalNorm("model.layers.{N}.shared_head.norm.weight", LayerGroup.Mtp, Each.Layer),
    ]) with
    {
        MtpCopies = [new("model.layers.{N}.embed_tokens.weight", family.HfEmbedding), new("model.layers.{N}.shared_head.head.weight", family.HfHead)],
    };

    /// <summary>One layer and its surroundings under <c>mtp.</c>, as Qwen3-Next and Qwen3.5 name them.</summary>
    internal static ModelFamily OnItsOwn(ModelFamily family) => With(family, "mtp.layers.{M}.",
    [
        Surrounding("mtp.pre_fc_norm_embedding.weight", "enorm.weight", Dim.Hidden),
        Surrounding("mtp.pre_fc_norm_hidden.weight", "hnorm.weight", Dim.Hidden),
        Surrounding("mtp.fc.weight", "eh_proj.weight", Dim.Hidden, Dim.TwiceHidden),
        .. FinalNorm("mtp.norm.weight", LayerGroup.Decoder, Each.Model),
    ]) with
    { MostMtpLayers = 1, MtpByNames = true };

    /// <summary>As MiMo names them; its projection has the hidden state first.</summary>
    internal static ModelFamily OfMiMo(ModelFamily family) => With(family, "model.mtp_layers.{M}.",
    [
        Own("model.mtp_layers.{M}.token_layernorm.weight", "enorm.weight", Dim.Hidden),
        Own("model.mtp_layers.{M}.hidden_layernorm.weight", "hnorm.weight", Dim.Hidden),
        new FamilyRow(Each.Layer, [Dim.Hidden, Dim.Hidden], [Dim.Hidden],
            [new("model.mtp_layers.{M}.input_proj.weight", Dim.One, 0, 1) { IsTransposed = true }], [new(Megatron + "eh_proj.weight", Dim.One, 1, 0) { IsTransposed = true }]) { Group = LayerGroup.Mtp },
        .. FinalNorm("model.mtp_layers.{M}.final_layernorm.weight", LayerGroup.Mtp, Each.Layer),
    ]);

    static ModelFamily With(ModelFamily family, string hf, IReadOnlyList<FamilyRow> rows) => family with
    {
        Rows = [.. family.Rows, .. rows, .. family.Rows.Where(IsOfALayer).SelectMany(row => InsideMtp(row, hf))],
        Choices = [.. family.Choices, s_layer, s_norm, .. family.Choices.Where(static choice => choice.Name == "experts").Select(static choice => OfMtp(choice))],
        HfOrder = [.. family.HfOrder, .. rows.SelectMany(static row => row.Hf).Select(static tensor => tensor.Pattern), .. family.HfOrder.Where(static stem => stem.StartsWith(HfLayer, StringComparison.Ordinal)).Select(stem => hf + stem[HfLayer.Length..])],
        HasMtp = true,
    };

    // Also where the decoder's are fused, mcore-bridge writes these one by one.
    static FamilyChoice OfMtp(FamilyChoice experts) =>
        new("mtp experts", FamilySide.Hf, [PerExpert, .. experts.Options.Where(static option => option != PerExpert)]);

    // The layer inside has full attention whatever the decoder's kinds.
    static bool IsOfALayer(FamilyRow row) => row.Each != Each.Model && !row.When.HasFlag(When.LinearAttention);

    static IEnumerable<FamilyRow> InsideMtp(FamilyRow row, string hf) => s_layer.Options.Select(word => row with
    {
        Group = LayerGroup.Mtp,
        Hf = [.. row.Hf.Select(tensor => tensor with { Pattern = hf + tensor.Pattern[HfLayer.Length..] })],
        Megatron = [.. row.Megatron.Select(tensor => tensor with { Pattern = $"{Megatron}{word}.{tensor.Pattern[MegatronLayer.Length..]}" })],
        Option = row.Option is { Choice: "experts" } option ? option with { Choice = "mtp experts" } : row.Option,
        AlsoOption = new("mtp layer", word),
    });

    static FamilyRow Own(string hf, string megatron, params IReadOnlyList<Dim> shape) => FamilyRow.Same(Each.Layer, hf, Megatron + megatron, shape) with { Group = LayerGroup.Mtp };

    // There is one of each in the files, and so only one layer.
    static FamilyRow Surrounding(string hf, string megatron, params IReadOnlyList<Dim> shape) =>
        FamilyRow.Same(Each.Model, hf, "mtp.layers.0." + megatron, shape) with { When = When.Mtp };

    static IEnumerable<FamilyRow> FinalNorm(string hf, LayerGroup group, Each each)
    {
        foreach (var (option, name) in new[] { ("in the layer", Megatron + "final_layernorm.weight"), ("in a list", List) })
        {
            yield return FamilyRow.Same(each, hf, each == Each.Model ? name.Replace("{M}", "0", StringComparison.Ordinal) : name, Dim.Hidden)
                with
            { Group = group, When = each == Each.Model ? When.Mtp : When.Always, Option = new("mtp norm", option) };
        }
    }
}
