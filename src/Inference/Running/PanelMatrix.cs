using System.Runtime.InteropServices;
using Ckpt.Inference.Kernels;

namespace Ckpt.Inference.Running;

/// <summary>A matrix whose panels are in memory outside the collected heap.</summary>
sealed unsafe class PanelMatrix : IDisposable
{
    // Lines of caches and registers alike.
    const int Alignment = 64;

    internal PanelMatrix(int rows, int columns, bool isHalf)
    {
        Bytes = BytesOf(rows, columns, isHalf);
        Memory = (byte*)NativeMemory.AlignedAlloc((nuint)Bytes, Alignment);
    }

    internal long Bytes { get; }

    internal byte* Memory { get; private set; }

    /// <summary>Whether all panels are filled.</summary>
    internal bool IsComplete { get; set; }

    internal static long BytesOf(int rows, int columns, bool isHalf) => Panels.Count(rows) * Panels.Bytes(columns, isHalf);

    public void Dispose()
    {
        NativeMemory.AlignedFree(Memory);
        Memory = null;
    }
}
