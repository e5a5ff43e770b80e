using Ckpt.Models.Configs;
using Ckpt.Models.Families;

namespace Ckpt.Models.Bridge;

/// <summary>A family's table with every open question answered for one model: which rows count, how names begin, how long the vocabulary is.</summary>
sealed record ResolvedBridge(
    ModelFamily Family, ModelConfig Config, IReadOnlyList<FamilyRow> Rows, string HfPrefix, string MegatronPrefix, bool Stacked, long PaddedVocab)
{
    /// <summary>The prefix that tables write, which files of a model without its output layer leave out.</summary>
    internal const string ModelPrefix = "model.";

    readonly bool[] _moeLayers = [.. Enumerable.Range(0, Config.Layers).Select(Config.IsMoeLayer)];

    internal NamePattern HfPattern(RowTensor tensor) => new(HfName(tensor.Pattern));

    internal string HfName(string pattern) =>
        pattern.StartsWith(ModelPrefix, StringComparison.Ordinal) ? HfPrefix + pattern[ModelPrefix.Length..] : pattern;

    internal NamePattern MegatronPattern(RowTensor tensor)
    {
        var pattern = new NamePattern(MegatronPrefix + tensor.Pattern);
        return Stacked ? pattern.Stacked : pattern;
    }

    internal bool InLayer(FamilyRow row, int layer) =>
        row.Each == Each.Model
        || ((row.When.HasFlag(When.MoeLayer) is false || _moeLayers[layer]) && (row.When.HasFlag(When.DenseLayer) is false || !_moeLayers[layer]));

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
        _ => throw new ArgumentOutOfRangeException(nameof(dim), dim, "a dimension without a size"),
    };
}
