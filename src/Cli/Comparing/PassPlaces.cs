using System.Globalization;
using Ckpt.Inference;
using Ckpt.Models.Families;
using Ckpt.Models.Opening;
using Ckpt.Sharding.Maps;
using Ckpt.Verify.Comparing;

namespace Ckpt.Cli.Comparing;

/// <summary>Tells a place in a pass by the weight's name in each of two checkpoints (VFY-1.6).</summary>
sealed class PassPlaces(ModelCheckpoint a, ModelCheckpoint b)
{
    readonly TensorMap _mapA = CanonicalNames.Of(a);
    readonly TensorMap _mapB = CanonicalNames.Of(b);

    internal string Of(ForwardPoint point)
    {
        var (first, second) = (Name(_mapA, point), Name(_mapB, point));
        return first == second ? first : $"{first} ({second})";
    }

    /// <summary>What lies before a state: the embeddings, or a layer.</summary>
    internal (string A, string B) State(int state) => (State(a, state), State(b, state));

    static string State(ModelCheckpoint model, int state) => (state, model.Naming) switch
    {
        (0, FamilySide.Megatron) => "embedding",
        (0, _) => "model.embed_tokens",
        (_, FamilySide.Megatron) => string.Create(CultureInfo.InvariantCulture, $"decoder.layers.{state - 1}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"model.layers.{state - 1}"),
    };

    static string Name(TensorMap map, ForwardPoint point)
    {
        if (map.Right.Tensors.FirstOrDefault(tensor => tensor.Name == point.Weight) is not { } tensor) { return point.Weight; }
        var element = point.Expert is { } expert ? expert * (tensor.Shape.Count / tensor.Shape[0]) : 0;
        return new ElementPlaces(map).Left(point.Weight, element) is { } place ? Stacked(place) : point.Weight;
    }

    // An index on axes in front says which layer and which expert of a tensor that holds several.
    static string Stacked(ElementPlace place) => place.Index.Count > 2 ? $"{place.Name}[{string.Join(", ", place.Index.SkipLast(2))}]" : place.Name;
}
