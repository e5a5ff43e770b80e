using System.Text.Json.Nodes;

namespace Ckpt.Inference.Descriptions;

/// <summary>How positions turn queries and keys.</summary>
/// <param name="Theta">The base.</param>
/// <param name="Dim">Elements of a head that turn.</param>
/// <param name="IsInterleaved">Whether neighbours turn together.</param>
/// <param name="Scaling">How angles are scaled, as the config has it; null where they are not.</param>
/// <param name="MaxPositions">Positions the model says it was made for.</param>
/// <param name="OriginalPositions">Positions it was made for before angles were scaled, where the config says it outside <paramref name="Scaling"/>.</param>
public sealed record RotaryKind(double Theta, int Dim, bool IsInterleaved, JsonObject? Scaling, long MaxPositions, long? OriginalPositions);
