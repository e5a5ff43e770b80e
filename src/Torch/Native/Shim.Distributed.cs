using System.Runtime.InteropServices;

namespace Ckpt.Torch.Native;

static unsafe partial class Shim
{
    /// <summary>1: stores, 2: Gloo, 4: NCCL.</summary>
    [LibraryImport(Library)]
    internal static partial int ckpt_backends();

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ckpt_store_tcp(string host, int port, int world, int server, long timeout, nint* result);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ckpt_store_file(string path, int world, long timeout, nint* result);

    [LibraryImport(Library)]
    internal static partial int ckpt_store_hash(long timeout, nint* result);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ckpt_store_prefix(string prefix, StoreHandle inner, nint* result);

    [LibraryImport(Library)]
    internal static partial void ckpt_store_free(nint store);

    [LibraryImport(Library)]
    internal static partial int ckpt_store_port(StoreHandle store);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ckpt_store_set(StoreHandle store, string key, byte* bytes, int count);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ckpt_store_get(StoreHandle store, string key, nint* bytes);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ckpt_store_add(StoreHandle store, string key, long amount, long* sum);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ckpt_store_wait(StoreHandle store, string key, long timeout);

    [LibraryImport(Library)]
    internal static partial int ckpt_group_gloo(StoreHandle store, int rank, int size, long timeout, nint* result);

    [LibraryImport(Library)]
    internal static partial int ckpt_group_nccl(StoreHandle store, int rank, int size, long timeout, nint* result);

    [LibraryImport(Library)]
    internal static partial void ckpt_group_free(nint group);

    [LibraryImport(Library)]
    internal static partial int ckpt_collective(
        GroupHandle group, int operation, nint* outputs, int outputCount, nint* inputs, int inputCount, int number, int peer, int tag, nint* work);

    [LibraryImport(Library)]
    internal static partial int ckpt_work_wait(WorkHandle work);

    [LibraryImport(Library)]
    internal static partial void ckpt_work_free(nint work);
}
