using Ckpt.Torch.Native;

namespace Ckpt.Torch.Distributed;

/// <summary>
/// An operation that may still be under way: its tensors hold its results after <see cref="Wait"/>, and must not be touched before.
/// Disposing without waiting leaves the results undefined.
/// </summary>
public sealed class Work : IDisposable
{
    readonly WorkHandle? _handle;
    readonly Tensor[] _held;
    readonly Action? _after;
    bool _done;

    internal Work(WorkHandle? handle, Tensor[] held, Action? after) => (_handle, _held, _after) = (handle, held, after);

    /// <summary>Nothing to wait for.</summary>
    internal static Work Done { get; } = new(null, [], null) { _done = true };

    /// <summary>Waits; what went wrong, here or at another member, is thrown now.</summary>
    public void Wait()
    {
        if (_done) { return; }
        try
        {
            if (_handle is not null) { Shim.Check(Shim.ckpt_work_wait(_handle)); }
            using (torch.no_grad())
            using (torch.NewDisposeScope()) { _after?.Invoke(); }
        }
        finally
        {
            Dispose();
        }
    }

    public void Dispose()
    {
        if (_done) { return; }
        _done = true;
        _handle?.Dispose();
        foreach (var tensor in _held) { tensor.Dispose(); }
    }
}
