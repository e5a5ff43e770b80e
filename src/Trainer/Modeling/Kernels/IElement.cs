namespace Ckpt.Trainer.Modeling.Kernels;

/// <summary>An element type that kernels read as float32 and write rounded once.</summary>
interface IElement<TSelf> where TSelf : unmanaged, IElement<TSelf>
{
    /// <summary>Whether elements are float32, so that no copy is needed.</summary>
    static abstract bool IsSingle { get; }

    static abstract void Widen(ReadOnlySpan<TSelf> from, Span<float> to);

    static abstract void Narrow(ReadOnlySpan<float> from, Span<TSelf> to);
}
