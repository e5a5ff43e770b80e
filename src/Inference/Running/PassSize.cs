namespace Ckpt.Inference.Running;

/// <summary>What a pass' memory depends on.</summary>
/// <param name="Rows">New tokens of all sequences.</param>
/// <param name="LogitRows">Rows of logits.</param>
/// <param name="Sequences">Sequences.</param>
/// <param name="Positions">Tokens of all sequences, new, seen, and those that room is made for.</param>
/// <param name="KeepsStates">Whether all layers' states stay.</param>
readonly record struct PassSize(int Rows, int LogitRows, int Sequences, long Positions, bool KeepsStates);
