using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Holding;
using Ckpt.Sharding.Plans;

namespace Ckpt.Trainer.Checkpoints;

/// <summary>One form in which a checkpoint is written, planned: all ranks have the same plan, and each writes its share.</summary>
/// <param name="Plan">The plan.</param>
/// <param name="Source">What is read, as this rank sees it.</param>
/// <param name="Closing">Small files besides those of the format, written by the first rank.</param>
sealed record CheckpointShare(CopyPlan Plan, ICheckpointReader Source, IReadOnlyList<SmallFile> Closing)
{
    /// <summary>Files written when all ranks have done their share.</summary>
    internal IEnumerable<SmallFile> Last => [.. Plan.Layout.Closing, .. Closing];

    /// <summary>This rank's share.</summary>
    internal HeldWriter Open(TrainerRanks ranks, string folder, int threads) => new(Plan, Source, ranks.Rank, ranks.World, folder, threads);
}
