namespace Ckpt.Torch.Distributed;

/// <summary><c>Collective</c> of native/c10d.cpp.</summary>
enum Collective
{
    AllReduce = 0,
    Broadcast = 1,
    AllGather = 2,
    Barrier = 3,
    Send = 4,
    Receive = 5,
    Reduce = 6,
    AllToAll = 7,
    AllGatherInto = 11,
    ReduceScatterFrom = 12,
}
