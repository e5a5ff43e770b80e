using System.Runtime.InteropServices;

namespace Ckpt.Torch.Native;

/// <summary><c>ckpt::Value</c> of native/shim.h.</summary>
[StructLayout(LayoutKind.Sequential)]
struct NativeValue
{
    internal ArgumentKind Kind;
    internal int Count;

    /// <summary>An integer, the bits of a double, or a pointer.</summary>
    internal long Bits;
}
