namespace Ckpt.Trainer.Loop;

/// <summary>A run of one rank, which has nobody to ask.</summary>
public sealed class SingleRank : IRankGroup
{
    public int Rank => 0;

    public int DataRank => 0;

    public int DataParallel => 1;

    public void SumOverData(Span<double> numbers) { }

    public bool Any(bool here) => here;

    public string FromFirst(string text) => text;
}
