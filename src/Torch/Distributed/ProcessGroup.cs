namespace Ckpt.Torch.Distributed;

/// <summary>Processes that hold one tensor each and combine them; every member makes the same calls in the same order.</summary>
public sealed partial class ProcessGroup
{
    ProcessGroup(int rank, int size)
    {
        Rank = rank;
        Size = size;
    }

    /// <summary>A group of one: its operations are the identity, and it needs no LibTorch.</summary>
    public static ProcessGroup Alone { get; } = new(0, 1);

    /// <summary>This process's place in the group.</summary>
    public int Rank { get; }

    /// <summary>How many processes there are.</summary>
    public int Size { get; }
}
