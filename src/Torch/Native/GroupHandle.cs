using System.Runtime.InteropServices;

namespace Ckpt.Torch.Native;

/// <summary>A process group of c10d; freed at the latest by the finalizer.</summary>
sealed class GroupHandle : SafeHandle
{
    public GroupHandle() : base(0, ownsHandle: true)
    {
    }

    internal GroupHandle(nint handle) : this() => SetHandle(handle);

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        Shim.ckpt_group_free(handle);
        return true;
    }
}
