using System.Runtime.InteropServices;

namespace Ckpt.Torch.Native;

/// <summary>A store of c10d; freed at the latest by the finalizer.</summary>
sealed class StoreHandle : SafeHandle
{
    public StoreHandle() : base(0, ownsHandle: true)
    {
    }

    internal StoreHandle(nint handle) : this() => SetHandle(handle);

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        Shim.ckpt_store_free(handle);
        return true;
    }
}
