namespace Ckpt.Inference;

/// <summary>A place in a pass: what goes into a weight's product, or comes out of it.</summary>
/// <param name="Layer">The decoder layer, or −1 outside.</param>
/// <param name="Weight">The weight's name, as the model's description has it.</param>
/// <param name="Expert">Its index on an axis of experts; null where the weight has none.</param>
/// <param name="IsInput">Whether it is what goes in.</param>
public readonly record struct ForwardPoint(int Layer, string Weight, int? Expert, bool IsInput);
