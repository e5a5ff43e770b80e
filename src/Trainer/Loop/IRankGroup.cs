namespace Ckpt.Trainer.Loop;

/// <summary>The ranks of a run, for the few numbers that the loop itself shares. Every rank makes the same calls in the same order.</summary>
public interface IRankGroup
{
    /// <summary>This rank.</summary>
    int Rank { get; }

    /// <summary>Which of the ranks with data of their own this is.</summary>
    int DataRank { get; }

    /// <summary>How many of those there are.</summary>
    int DataParallel { get; }

    /// <summary>Replaces numbers by their sums over the ranks with data of their own.</summary>
    void SumOverData(Span<double> numbers);

    /// <summary>Whether it is true on any rank.</summary>
    bool Any(bool here);

    /// <summary>The text of the first rank.</summary>
    string FromFirst(string text);
}
