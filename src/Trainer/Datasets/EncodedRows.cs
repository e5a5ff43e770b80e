using System.Globalization;

namespace Ckpt.Trainer.Datasets;

/// <summary>Rows to train on, and what did not become one.</summary>
/// <param name="Rows">In the order of the examples.</param>
/// <param name="TooLong">Examples that were left out for their length.</param>
/// <param name="Broken">Examples that the template cannot write.</param>
/// <param name="FirstFault">What the first of those said.</param>
public sealed record EncodedRows(IReadOnlyList<TrainingRow> Rows, int TooLong, int Broken, string? FirstFault)
{
    /// <summary>What a user wants to know of them, a sentence a line.</summary>
    public IEnumerable<string> Summary(string name)
    {
        if (Rows.Count > 0)
        {
            var (mean, total) = (Rows.Average(r => (double)r.Length), Rows.Sum(r => (long)r.Length));
            var deviation = Math.Sqrt(Rows.Average(r => (r.Length - mean) * (r.Length - mean)));
            yield return string.Create(CultureInfo.InvariantCulture, $"{name}: {Rows.Count:N0} rows, {total:N0} tokens; length {mean:F1}±{deviation:F1}, min {Rows.Min(r => r.Length)}, max {Rows.Max(r => r.Length)}");
        }
        else { yield return $"{name}: no rows"; }
        if (TooLong > 0) { yield return $"{name}: {TooLong} rows longer than --max_length are left out"; }
        if (Broken > 0) { yield return $"{name}: {Broken} rows that the template cannot write are left out; the first: {FirstFault}"; }
    }
}
