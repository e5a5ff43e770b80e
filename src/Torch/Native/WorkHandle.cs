using System.Runtime.InteropServices;

namespace Ckpt.Torch.Native;

/// <summary>An operation of a process group that is under way; freed at the latest by the finalizer.</summary>
sealed class WorkHandle : SafeHandle
{
    public WorkHandle() : base(0, ownsHandle: true)
    {
    }

    internal WorkHandle(nint handle) : this() => SetHandle(handle);

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        Shim.ckpt_work_free(handle);
        return true;
    }
}
