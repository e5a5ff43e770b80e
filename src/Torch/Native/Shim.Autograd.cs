using System.Runtime.InteropServices;

namespace Ckpt.Torch.Native;

static unsafe partial class Shim
{
    [LibraryImport(Library)]
    internal static partial int ckpt_grad_mode(int set);

    [LibraryImport(Library)]
    internal static partial int ckpt_set_requires_grad(nint tensor, int yes);

    [LibraryImport(Library)]
    internal static partial int ckpt_is_leaf(nint tensor);

    [LibraryImport(Library)]
    internal static partial int ckpt_retain_grad(nint tensor);

    [LibraryImport(Library)]
    internal static partial int ckpt_get_grad(nint tensor, nint* gradient);

    [LibraryImport(Library)]
    internal static partial int ckpt_set_grad(nint tensor, nint gradient);

    [LibraryImport(Library)]
    internal static partial int ckpt_backward(nint* tensors, nint* gradients, int count, nint* inputs, int inputCount, int retain, int create);

    [LibraryImport(Library)]
    internal static partial int ckpt_grad(
        nint* outputs, nint* gradients, int count, nint* inputs, int inputCount, int retain, int create, int allowUnused, nint* results);

    [LibraryImport(Library)]
    internal static partial int ckpt_attach(
        nint* inputs, int inputCount, nint* outputs, int outputCount, nint context,
        delegate* unmanaged[Cdecl]<nint, nint*, int, nint*, int, long> backward, delegate* unmanaged[Cdecl]<nint, void> release);
}
