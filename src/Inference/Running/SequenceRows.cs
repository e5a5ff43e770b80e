namespace Ckpt.Inference.Running;

/// <summary>The rows of a pass that are one sequence's.</summary>
/// <param name="First">First row.</param>
/// <param name="Count">Rows.</param>
/// <param name="Start">Position of the first.</param>
/// <param name="State">What came before.</param>
readonly record struct SequenceRows(int First, int Count, int Start, SequenceState State);
