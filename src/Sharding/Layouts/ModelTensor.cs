using Ckpt.Formats.Tensors;

namespace Ckpt.Sharding.Layouts;

/// <summary>A global tensor of a model, with how it is shared by ranks.</summary>
/// <param name="Name">Its name, for messages.</param>
/// <param name="Shape">With the axes of layers (a stack's first) and experts (the next).</param>
/// <param name="Cut">How each layer's, or each expert's, is cut.</param>
/// <param name="Place">Where it belongs.</param>
public sealed record ModelTensor(string Name, Shape Shape, TensorCut Cut, TensorPlace Place)
{
    /// <summary>The expert it is of, where each expert has a tensor of its own instead of an index on an axis.</summary>
    public ExpertNumber? Expert { get; init; }

    /// <summary>Axes in front of those of one parameter.</summary>
    public int LeadingAxes => (Place.Kind == PlaceKind.LayerStack ? 1 : 0) + (HasExpertAxis ? 1 : 0);

    /// <summary>Whether experts are an axis.</summary>
    public bool HasExpertAxis => Cut.OfExperts && Expert is null;
}

/// <summary>An expert of a layer by its number, and how many there are.</summary>
public readonly record struct ExpertNumber(int Index, int Count);
