namespace Ckpt.Data.Preprocessing;

/// <summary>What became of a row: an array for each output, or why there is none.</summary>
readonly record struct PreparedRow(RowOutcome Outcome, int[][] Arrays, DataFormatException? Fault = null);
