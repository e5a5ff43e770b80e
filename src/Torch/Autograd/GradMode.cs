using Ckpt.Torch.Native;

namespace Ckpt.Torch;

/// <summary>Recording of operations on this thread, switched until disposed; opened by <see cref="torch.no_grad"/>.</summary>
public sealed class GradMode : IDisposable
{
    readonly bool _before;
    bool _disposed;

    internal GradMode(bool enabled)
    {
        Shim.Require();
        _before = Shim.ckpt_grad_mode(enabled ? 1 : 0) != 0;
    }

    public void Dispose()
    {
        if (_disposed) { return; }
        _disposed = true;
        _ = Shim.ckpt_grad_mode(_before ? 1 : 0);
    }
}
