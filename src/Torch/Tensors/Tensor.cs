using System.Globalization;
using Ckpt.Torch.Native;

namespace Ckpt.Torch;

/// <summary>
/// A tensor of LibTorch: one counted reference to it, given back by <see cref="Dispose"/>, by the <see cref="DisposeScope"/> it was made
/// in, or at last by the finalizer. Not for use by two threads at once, like any other object.
/// </summary>
public sealed unsafe partial class Tensor : IDisposable
{
    nint _handle;
    DisposeScope? _scope;
    int _place;

    /// <summary>Takes over the reference; the open scope of this thread, if any, will give it back.</summary>
    internal Tensor(nint handle)
    {
        _handle = handle;
        DisposeScope.Current?.Add(this);
    }

    ~Tensor() => Free();

    /// <summary>How many references C# holds in this process: what does not come back to where it was is a leak.</summary>
    public static long LiveCount => Shim.Unavailable is null ? Shim.ckpt_live_tensors() : 0;

    public bool IsDisposed => _handle == 0;

    internal nint Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(_handle == 0, this);
            return _handle;
        }
    }

    public void Dispose()
    {
        LeaveScope();
        Free();
        GC.SuppressFinalize(this);
    }

    /// <summary>Hands this tensor from the open scope to the one around it; returns it.</summary>
    public Tensor MoveToOuterDisposeScope() => (_scope ?? throw new InvalidOperationException("the tensor is in no dispose scope")).MoveToOuter(this);

    /// <summary>Takes this tensor out of any scope: it is the caller's to free; returns it.</summary>
    public Tensor DetachFromDisposeScope()
    {
        LeaveScope();
        return this;
    }

    /// <summary>A second reference to the same tensor, in the open scope of this thread.</summary>
    public Tensor alias() => new(Share());

    /// <summary>Whether both are one tensor, not only equal ones.</summary>
    public bool is_same(Tensor other) => Handle == other.Handle;

    /// <summary>A reference that belongs to nobody yet.</summary>
    internal nint Share()
    {
        var shared = Shim.ckpt_tensor_share(Handle);
        GC.KeepAlive(this);
        return shared;
    }

    internal void EnterScope(DisposeScope scope, int place) => (_scope, _place) = (scope, place);

    internal void ForgetScope() => _scope = null;

    internal void LeaveScope()
    {
        _scope?.Remove(_place);
        _scope = null;
    }

    void Free()
    {
        var handle = Interlocked.Exchange(ref _handle, 0);
        if (handle != 0) { Shim.ckpt_tensor_free(handle); }
    }

    public override string ToString() => IsDisposed
        ? "disposed tensor"
        : string.Create(CultureInfo.InvariantCulture, $"[{string.Join(", ", shape)}] {dtype} on {device}");
}
