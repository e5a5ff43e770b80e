using System.Runtime.InteropServices;

namespace Ckpt.Torch.Native;

/// <summary><c>Info</c> of native/core.cpp; the sizes and strides belong to the tensor.</summary>
[StructLayout(LayoutKind.Sequential)]
unsafe struct NativeInfo
{
    internal long Elements;
    internal long ElementSize;
    internal long* Sizes;
    internal long* Strides;
    internal int Dimensions;
    internal ScalarType Type;
    internal int Device;
    internal int Flags;

    internal readonly bool RequiresGrad => (Flags & 1) != 0;

    internal readonly bool Contiguous => (Flags & 4) != 0;
}
