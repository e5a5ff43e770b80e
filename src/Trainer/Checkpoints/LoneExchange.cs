namespace Ckpt.Trainer.Checkpoints;

/// <summary>A run of one process.</summary>
public sealed class LoneExchange : IRankExchange
{
    public int Rank => 0;

    public int Size => 1;

    public void Barrier() { }

    public IReadOnlyList<byte[]> Gather(byte[] own) => [own];
}
