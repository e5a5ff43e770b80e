using System.Runtime.InteropServices;

namespace Ckpt.Trainer.Modeling.Kernels;

/// <summary>float32.</summary>
readonly record struct SingleElement(float Value) : IElement<SingleElement>
{
    public static bool IsSingle => true;

    public static void Widen(ReadOnlySpan<SingleElement> from, Span<float> to) => MemoryMarshal.Cast<SingleElement, float>(from).CopyTo(to);

    public static void Narrow(ReadOnlySpan<float> from, Span<SingleElement> to) => from.CopyTo(MemoryMarshal.Cast<SingleElement, float>(to));
}
