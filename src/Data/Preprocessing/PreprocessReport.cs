namespace Ckpt.Data.Preprocessing;

/// <summary>What a run did.</summary>
/// <param name="Rows">Rows read.</param>
/// <param name="Samples">Samples among them that were written, alone or in packs.</param>
/// <param name="Sequences">Sequences of each output.</param>
/// <param name="Tokens">Elements of the first output.</param>
/// <param name="TooLong">Samples left out because they are longer than a sequence.</param>
/// <param name="Empty">Rows left out because question, answer or text is empty.</param>
/// <param name="Broken">Rows left out because they are broken; each was reported.</param>
/// <param name="Outputs">The prefixes of the outputs.</param>
public sealed record PreprocessReport(long Rows, long Samples, long Sequences, long Tokens, long TooLong, long Empty, long Broken, IReadOnlyList<string> Outputs);
