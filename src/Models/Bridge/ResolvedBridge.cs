using Ckpt.Models.Configs;
using Ckpt.Models.Families;

namespace Ckpt.Models.Bridge;

/// <summary>A family's table with every open question answered for one model: which rows count, how names begin, how long the vocabulary is.</summary>
sealed record ResolvedBridge(
    ModelFamily Family, ModelConfig Config, IReadOnlyList<FamilyRow> Rows, string HfPrefix, string MegatronPrefix, bool Stacked, long PaddedVocab)
{
    /// <summary>The prefix that tables write, which files of a model without its output layer leave out.</summary>
    internal const string ModelPrefix = "model.";

    const string HeadPrefix = "lm_head.";

    readonly bool[] _moeLayers = [.. Enumerable.Range(0, Config.Layers).Select(Config.IsMoeLayer)];

    /// <summary>How the Hugging Face names of a multimodal model begin; null for text models.</summary>
    internal HfNaming? Naming { get; init; }

    /// <summary>Whether there is no output layer at all.</summary>
    internal bool IsHeadless { get; init; }

    /// <summary>Layers that predict further tokens in the map.</summary>
    internal int MtpLayers { get; init; }

    /// <summary>Layers that predict further tokens where the map is read from; more where some are left out.</summary>
    internal int MtpPresent { get; init; }

    /// <summary>The options that rows are of, by choice.</summary>
    internal IReadOnlyDictionary<string, string> Chosen { get; init; } = new Dictionary<string, string>();

    internal NamePattern Pattern(RowTensor tensor, FamilySide side) => side == FamilySide.Hf ? HfPattern(tensor) : MegatronPattern(tensor);

    internal NamePattern HfPattern(RowTensor tensor) => new(HfName(tensor.Pattern), Config.Layers);

    internal string HfName(string pattern)
    {
        if (pattern.StartsWith(ModelPrefix, StringComparison.Ordinal)) { return (Naming?.Model ?? HfPrefix) + pattern[ModelPrefix.Length..]; }
        return Naming is { } naming && pattern.StartsWith(HeadPrefix, StringComparison.Ordinal) ? naming.Head + pattern[HeadPrefix.Length..] : pattern;
    }

    internal NamePattern MegatronPattern(RowTensor tensor)
    {
        var pattern = new NamePattern(MegatronPrefix + tensor.Pattern, Config.Layers);
        return Stacked ? pattern.Stacked : pattern;
    }

    /// <summary>The layers of a stack.</summary>
    internal int LayersOf(LayerGroup group) => group == LayerGroup.Decoder ? Config.Layers : MtpLayers;

    /// <summary>Whether a row is there in a layer of its stack. A layer that predicts further tokens is as the decoder's last, with full attention.</summary>
    internal bool InLayer(FamilyRow row, int layer)
    {
        if (row.Each == Each.Model) { return true; }
        var isMoe = _moeLayers[row.Group == LayerGroup.Decoder ? layer : ^1];
        var isLinear = row.Group == LayerGroup.Decoder && Config.IsLinearLayer(layer);
        return Is(When.MoeLayer, isMoe) && Is(When.DenseLayer, !isMoe) && Is(When.LinearAttention, isLinear) && Is(When.FullAttention, !isLinear);

        bool Is(When kind, bool met) => met || !row.When.HasFlag(kind);
    }

    /// <summary>The place of a Hugging Face pattern among transformers' modules.</summary>
    internal int HfRank(string pattern)
    {
        for (var i = 0; i < Family.HfOrder.Count; i++)
        {
            if (pattern.StartsWith(HfName(Family.HfOrder[i]), StringComparison.Ordinal)) { return i; }
        }
        return Family.HfOrder.Count;
    }

    internal long Size(Dim dim) => dim switch
    {
        Dim.One => 1,
        Dim.Hidden => Config.Hidden,
        Dim.Heads => Config.Heads,
        Dim.KvGroups => Config.KvGroups,
        Dim.HeadDim => Config.HeadDim,
        Dim.QueryRows => Config.Heads * Config.HeadDim,
        Dim.KeyRows => Config.KvGroups * Config.HeadDim,
        Dim.Ffn => Config.Ffn,
        Dim.MoeFfn => Config.MoeFfn,
        Dim.Experts => Config.Experts,
        Dim.Vocab => Config.VocabSize,
        Dim.SharedFfn => Config.SharedFfn,
        Dim.TwiceHidden => 2 * Config.Hidden,
        Dim.GatedQueryRows => 2 * Config.Heads * Config.HeadDim,
        _ => Config.Mla is { } mla && OfMla(dim, mla) is { } latent ? latent
            : Config.DeltaNet is { } net && OfDeltaNet(dim, net) is { } linear ? linear
            : throw new ArgumentOutOfRangeException(nameof(dim), dim, "a dimension without a size"),
    };

    long? OfMla(Dim dim, MlaConfig mla) => dim switch
    {
        Dim.QueryLora => mla.QueryLora,
        Dim.KvLora => mla.KvLora,
        Dim.MlaQueryRows => Config.Heads * (mla.Nope + mla.Rope),
        Dim.MlaNopeRows => Config.Heads * mla.Nope,
        Dim.MlaRopeRows => Config.Heads * mla.Rope,
        Dim.MlaValueRows => Config.Heads * mla.Value,
        Dim.KvDownRows => mla.KvLora + mla.Rope,
        Dim.KvUpRows => Config.Heads * (mla.Nope + mla.Value),
        _ => null,
    };

    static long? OfDeltaNet(Dim dim, DeltaNetConfig net) => dim switch
    {
        Dim.LinearKeyHeads => net.KeyHeads,
        Dim.LinearValueHeads => net.ValueHeads,
        Dim.LinearKeyRows => net.KeyHeads * net.KeyDim,
        Dim.LinearValueRows => net.ValueHeads * net.ValueDim,
        Dim.LinearValueDim => net.ValueDim,
        Dim.ConvKernel => net.ConvKernel,
        _ => null,
    };
}
