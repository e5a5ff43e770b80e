using System.Runtime.InteropServices;

namespace Ckpt.Inference.Running;

/// <summary>What a thread needs while it multiplies: sums and inputs, rows as they are read, and panels that do not stay.</summary>
sealed unsafe class ThreadRoom : IDisposable
{
    const int Alignment = 64;

    readonly ForwardMemory _memory;
    float[]? _tile;
    byte* _panels;

    internal ThreadRoom(ForwardMemory memory)
    {
        _memory = memory;
        Sums = (float*)NativeMemory.AlignedAlloc((nuint)memory.RoomValues * sizeof(float), Alignment);
    }

    internal float* Sums { get; }

    internal float[] Tile => _tile ??= new float[_memory.TileValues];

    internal byte* Panels => _panels is null ? _panels = (byte*)NativeMemory.AlignedAlloc((nuint)_memory.PanelBytes, Alignment) : _panels;

    public void Dispose()
    {
        NativeMemory.AlignedFree(Sums);
        NativeMemory.AlignedFree(_panels);
    }
}
