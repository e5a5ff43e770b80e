namespace Ckpt.Trainer.Modeling;

/// <summary>Where the sequences that are packed into a batch begin: in the batch's rows laid end to end; first 0, last the number of all tokens.</summary>
/// <param name="Starts">Ascending.</param>
public sealed record CuSeqlens(IReadOnlyList<int> Starts);
