using Ckpt.Torch.Native;

namespace Ckpt.Torch.Distributed;

/// <summary>Processes that hold one tensor each and combine them; every member makes the same calls in the same order.</summary>
public sealed unsafe partial class ProcessGroup : IDisposable
{
    readonly GroupHandle? _handle;
    readonly bool _isGloo;

    ProcessGroup(int rank, int size, GroupHandle? handle, bool isGloo)
    {
        Rank = rank;
        Size = size;
        _handle = handle;
        _isGloo = isGloo;
    }

    /// <summary>A group of one: its operations are the identity, and it needs no LibTorch.</summary>
    public static ProcessGroup Alone { get; } = new(0, 1, null, isGloo: false);

    /// <summary>This process's place in the group.</summary>
    public int Rank { get; }

    /// <summary>How many processes there are.</summary>
    public int Size { get; }

    /// <summary>Whether groups over the CPU can be made.</summary>
    public static bool HasGloo => Shim.Unavailable is null && (Shim.ckpt_backends() & 2) != 0;

    /// <summary>Whether groups over NVIDIA's devices can be made.</summary>
    public static bool HasNccl => Shim.Unavailable is null && (Shim.ckpt_backends() & 4) != 0;

    /// <summary>
    /// A group over the CPU; returns when all members have come. Tensors of any device and layout are served, through copies where Gloo
    /// needs them. GLOO_SOCKET_IFNAME names the network interfaces.
    /// </summary>
    public static ProcessGroup Gloo(Store store, string prefix, int rank, int size, TimeSpan timeout)
    {
        if (size == 1) { return Alone; }
        Check(rank, size);
        using var own = store.Prefixed(prefix);
        nint made;
        Shim.Check(Shim.ckpt_group_gloo(own, rank, size, Store.Milliseconds(timeout), &made));
        return new ProcessGroup(rank, size, new GroupHandle(made), isGloo: true);
    }

    /// <summary>A group over NVIDIA's devices, one to a process: this one's is the current device.</summary>
    public static ProcessGroup Nccl(Store store, string prefix, int rank, int size, TimeSpan timeout)
    {
        if (size == 1) { return Alone; }
        Check(rank, size);
        using var own = store.Prefixed(prefix);
        nint made;
        Shim.Check(Shim.ckpt_group_nccl(own, rank, size, Store.Milliseconds(timeout), &made));
        return new ProcessGroup(rank, size, new GroupHandle(made), isGloo: false);
    }

    /// <summary>Every member must have finished with it.</summary>
    public void Dispose() => _handle?.Dispose();

    static void Check(int rank, int size)
    {
        if (size < 1) { throw new ArgumentOutOfRangeException(nameof(size), size, "at least 1 member"); }
        if (rank < 0 || rank >= size) { throw new ArgumentOutOfRangeException(nameof(rank), rank, $"0 to {size - 1} allowed"); }
    }
}
