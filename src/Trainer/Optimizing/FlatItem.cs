namespace Ckpt.Trainer.Optimizing;

/// <summary>A parameter on its way into a flat buffer.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Count">Its elements on this rank.</param>
/// <param name="Decays">Whether weight decay is for it.</param>
/// <param name="Sharing">Who else has it.</param>
readonly record struct FlatItem(string Name, long Count, bool Decays, FlatSharing Sharing);
