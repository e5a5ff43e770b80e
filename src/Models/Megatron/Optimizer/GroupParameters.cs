using System.Text.RegularExpressions;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Layouts;

namespace Ckpt.Models.Megatron.Optimizer;

/// <summary>Lists the parameters that each model-parallel group has, from the model's tensors and its layout.</summary>
sealed partial class GroupParameters
{
    // Kept beside parameters in the model's state, and not trained.
    static readonly string[] s_noParameters = [".expert_bias", ".local_tokens_per_expert", ".inv_freq", "._extra_state", ".rotary_seq_len_interpolation_factor"];

    readonly ParallelLayout _layout;
    readonly List<(TensorInfo Tensor, ModelTensor Model)> _tensors = [];

    /// <exception cref="Formats.UnsupportedCheckpointException">No rule knows how a tensor is shared by ranks.</exception>
    internal GroupParameters(IEnumerable<TensorInfo> model, ParallelLayout layout, MegatronCuts cuts)
    {
        _layout = layout;
        foreach (var tensor in model)
        {
            if (s_noParameters.Any(end => tensor.Name.EndsWith(end, StringComparison.Ordinal))) { continue; }
            _tensors.Add((tensor, cuts.Find(tensor.Name).Of(tensor.Shape)));
        }
    }

    /// <summary>Model-parallel groups of the dense part, or of experts that have an optimizer of their own.</summary>
    internal int Groups(bool experts) =>
        _layout.Grid.Sizes is var sizes && experts ? sizes.ExpertTensorSize * sizes.Expert * sizes.Pipeline : sizes.Tensor * sizes.Pipeline;

    /// <summary>The parameters of a group, chunk by chunk, in no order.</summary>
    /// <param name="group">Its rank: tensor ranks run fastest, then expert ranks, then stages.</param>
    /// <param name="experts">Those of experts.</param>
    /// <param name="apart">Whether experts have an optimizer of their own; else they are among the dense.</param>
    internal List<BufferParameter> Of(int group, bool experts, bool apart)
    {
        var (grid, sizes) = (_layout.Grid, _layout.Grid.Sizes);
        var rank = experts
            ? grid.ExpertRankAt(group % sizes.ExpertTensorSize, group / sizes.ExpertTensorSize % sizes.Expert, 0, group / (sizes.ExpertTensorSize * sizes.Expert))
            : grid.RankAt(group % sizes.Tensor, 0, 0, group / sizes.Tensor);
        var place = grid[rank];
        var found = new List<BufferParameter>();
        foreach (var (tensor, model) in _tensors)
        {
            if (apart && model.Cut.OfExperts != experts) { continue; }
            foreach (var part in _layout.PartsOf(model, place)) { Add(found, tensor, model, part); }
        }
        return found;
    }

    void Add(List<BufferParameter> found, TensorInfo tensor, ModelTensor model, RankPart part)
    {
        // A tied copy is the output layer's parameter, under the embedding's name in the checkpoint.
        var orderKey = part.Role == PartRole.TiedCopy ? "output_layer.weight" : Unnumbered(tensor.Name);
        var layer = part.Local >= 0 ? part.Local : model.Place.Kind == PlaceKind.Mtp ? model.Place.Index : 0;
        var shared = _layout.Stages.TiedEmbedding && _layout.Stages.Stages > 1 && model.Place.Kind == PlaceKind.Embedding && tensor.Name.Contains("word_embeddings", StringComparison.Ordinal);
        var one = new BufferParameter(tensor.Name, orderKey, layer, model.Expert?.Index ?? 0, tensor.DType, part.Chunk, shared, part.Role == PartRole.Main, part.Tensor);
        if (!model.HasExpertAxis) { found.Add(one); return; }
        for (var expert = 0L; expert < part.Tensor.Shape[0]; expert++) { found.Add(one with { Expert = expert, Tensor = part.Tensor.At(expert) }); }
    }

    /// <summary>The key as a stack of layers has it, without what wrappers put in front.</summary>
    static string Unnumbered(string key) => ExpertNumber().Replace(LayerNumber().Replace(Wrappers().Replace(key, ""), "$1"), "$1");

    [GeneratedRegex(@"\A(?:module\.|language_model\.|model\.)+", RegexOptions.CultureInvariant)]
    private static partial Regex Wrappers();

    [GeneratedRegex(@"((?:decoder|mtp)\.layers\.)\d+\.", RegexOptions.CultureInvariant)]
    private static partial Regex LayerNumber();

    [GeneratedRegex(@"(mlp\.experts\.experts\.)\d+\.", RegexOptions.CultureInvariant)]
    private static partial Regex ExpertNumber();
}
