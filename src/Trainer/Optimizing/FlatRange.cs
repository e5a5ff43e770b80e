namespace Ckpt.Trainer.Optimizing;

/// <summary>Neighbours in a flat buffer that are treated alike.</summary>
readonly record struct FlatRange(long First, long Count, bool Decays, FlatSharing Sharing);
