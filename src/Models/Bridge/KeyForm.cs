namespace Ckpt.Models.Bridge;

/// <summary>How Megatron keys name layers.</summary>
public enum KeyForm
{
    /// <summary>Stacked where all layers are of one kind, else one by one: what Megatron itself does.</summary>
    Automatic,

    /// <summary>One tensor for all layers, which are its first axis: <c>decoder.layers.mlp.linear_fc2.weight</c>.</summary>
    Stacked,

    /// <summary>One tensor a layer: <c>decoder.layers.7.mlp.linear_fc2.weight</c>.</summary>
    PerLayer,
}
