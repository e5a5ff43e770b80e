namespace Ckpt.Trainer.Checkpoints;

/// <summary>What the processes of a run tell each other when they load and save; every rank makes the same calls in the same order.</summary>
public interface IRankExchange
{
    /// <summary>This process.</summary>
    int Rank { get; }

    /// <summary>How many there are.</summary>
    int Size { get; }

    /// <summary>Returns when all have called it.</summary>
    void Barrier();

    /// <summary>What every rank gave, by rank; on each of them.</summary>
    IReadOnlyList<byte[]> Gather(byte[] own);
}
