namespace Ckpt.Data.Datasets;

/// <summary>What the rows of a data set look like, and a sentence that says why that was thought.</summary>
public sealed record DatasetShape(DatasetStyle Style, ColumnMap Map, string Decision);
