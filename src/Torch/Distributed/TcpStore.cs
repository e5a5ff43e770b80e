using Ckpt.Torch.Native;

namespace Ckpt.Torch.Distributed;

/// <summary>A store that one process serves (rank 0, by custom at MASTER_ADDR and MASTER_PORT) and the others connect to.</summary>
public sealed unsafe class TcpStore : Store
{
    public TcpStore(string host, int port, int worldSize, bool isServer, TimeSpan timeout)
        : base(Open(host, port, worldSize, isServer, timeout)) => Port = Shim.ckpt_store_port(Handle);

    /// <summary>The port it is served at: for a server asked for port 0, the one it got.</summary>
    public int Port { get; }

    static StoreHandle Open(string host, int port, int worldSize, bool isServer, TimeSpan timeout)
    {
        if (port is < 0 or > 65535) { throw new ArgumentOutOfRangeException(nameof(port), port, "0 to 65535 allowed"); }
        RequireStores();
        nint made;
        Shim.Check(Shim.ckpt_store_tcp(host, port, worldSize, isServer ? 1 : 0, Milliseconds(timeout), &made));
        return new StoreHandle(made);
    }
}
