using Ckpt.Torch.Native;

namespace Ckpt.Torch.Distributed;

/// <summary>A store in memory, for members that are threads of one process.</summary>
public sealed unsafe class HashStore(TimeSpan? timeout = null) : Store(Open(timeout ?? TimeSpan.FromMinutes(5)))
{
    static StoreHandle Open(TimeSpan timeout)
    {
        RequireStores();
        nint made;
        Shim.Check(Shim.ckpt_store_hash(Milliseconds(timeout), &made));
        return new StoreHandle(made);
    }
}
