namespace Ckpt.Models.Bridge;

/// <summary>What is wrong with tensors that are read.</summary>
public enum TensorFaultKind
{
    /// <summary>A tensor the map needs is not there.</summary>
    Missing,

    /// <summary>A tensor is there that the map does not know.</summary>
    Extra,

    /// <summary>A tensor has another shape than the config makes.</summary>
    WrongShape,
}

/// <summary>The same thing wrong with one or many tensors whose names differ in numbers only.</summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="Names">The tensors, in the order of the map (or of the checkpoint, for extra ones).</param>
/// <param name="Text">What is wrong, what it means for the other side, and the likely cause, for people.</param>
public sealed record TensorFault(TensorFaultKind Kind, IReadOnlyList<string> Names, string Text);
