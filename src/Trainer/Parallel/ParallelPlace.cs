using Ckpt.Torch.Distributed;

namespace Ckpt.Trainer.Parallel;

/// <summary>
/// Where one process stands among all that train one model: ranks are numbered tensor-parallel first, then data-parallel, and each
/// group holds the ranks that agree in the other.
/// </summary>
public sealed record ParallelPlace(
    int World, int Rank,
    int TensorParallel, int TensorRank,
    int DataParallel, int DataRank,
    ProcessGroup TensorGroup, ProcessGroup DataGroup, ProcessGroup WorldGroup,
    bool SequenceParallel)
{
    /// <summary>One process that has the whole model and all the data.</summary>
    public static ParallelPlace Alone { get; } =
        new(1, 0, 1, 0, 1, 0, ProcessGroup.Alone, ProcessGroup.Alone, ProcessGroup.Alone, SequenceParallel: false);
}
