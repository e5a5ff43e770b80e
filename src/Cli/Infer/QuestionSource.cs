namespace Ckpt.Cli.Infer;

/// <summary>Data sets that ask.</summary>
/// <param name="Validation">Asked whole.</param>
/// <param name="Training">Of which the part for validation is asked, or all where there is no part.</param>
/// <param name="SplitRatio">The part; null: all.</param>
/// <param name="Columns">Columns that stand for others, as JSON.</param>
/// <param name="Seed">Decides what is drawn.</param>
sealed record QuestionSource(IReadOnlyList<string> Validation, IReadOnlyList<string> Training, double? SplitRatio, string? Columns, int Seed)
{
    /// <summary>Whether there are any.</summary>
    internal bool IsEmpty => Validation.Count == 0 && Training.Count == 0;
}
