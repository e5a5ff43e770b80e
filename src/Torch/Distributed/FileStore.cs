using Ckpt.Torch.Native;

namespace Ckpt.Torch.Distributed;

/// <summary>A store in a file that all processes see; the file is new, and the last of <c>size</c> processes deletes it.</summary>
public sealed unsafe class FileStore(string path, int size, TimeSpan? timeout = null) : Store(Open(path, size, timeout ?? TimeSpan.FromMinutes(5)))
{
    static StoreHandle Open(string path, int size, TimeSpan timeout)
    {
        RequireStores();
        nint made;
        Shim.Check(Shim.ckpt_store_file(path, size, Milliseconds(timeout), &made));
        return new StoreHandle(made);
    }
}
