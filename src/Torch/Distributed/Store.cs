using Ckpt.Torch.Native;

namespace Ckpt.Torch.Distributed;

/// <summary>Where processes find each other: keys and bytes that all of them see. Groups made of it keep what they need of it.</summary>
public abstract unsafe class Store : IDisposable
{
    private protected Store(StoreHandle handle) => Handle = handle;

    internal StoreHandle Handle { get; }

    public void Set(string key, ReadOnlySpan<byte> value)
    {
        fixed (byte* bytes = value) { Shim.Check(Shim.ckpt_store_set(Handle, key, bytes, value.Length)); }
    }

    /// <summary>Waits until somebody has set the key.</summary>
    public byte[] Get(string key)
    {
        nint bytes;
        Shim.Check(Shim.ckpt_store_get(Handle, key, &bytes));
        using var tensor = new Tensor(bytes);
        return tensor.ToArray<byte>();
    }

    /// <summary>Adds to the number under the key, which starts at 0, and returns the sum.</summary>
    public long Add(string key, long amount)
    {
        long sum;
        Shim.Check(Shim.ckpt_store_add(Handle, key, amount, &sum));
        return sum;
    }

    public void Wait(string key, TimeSpan timeout) => Shim.Check(Shim.ckpt_store_wait(Handle, key, Milliseconds(timeout)));

    public void Dispose()
    {
        Handle.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The same keys under a name of their own, so that groups do not meet.</summary>
    internal StoreHandle Prefixed(string prefix)
    {
        nint made;
        Shim.Check(Shim.ckpt_store_prefix(prefix, Handle, &made));
        return new StoreHandle(made);
    }

    internal static long Milliseconds(TimeSpan timeout) => checked((long)Math.Ceiling(timeout.TotalMilliseconds));

    private protected static void RequireStores()
    {
        Shim.Require();
        if ((Shim.ckpt_backends() & 1) == 0) { throw new TorchException("this LibTorch was built without c10d: it cannot train on several processes"); }
    }
}
