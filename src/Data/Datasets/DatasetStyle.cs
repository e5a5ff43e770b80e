namespace Ckpt.Data.Datasets;

/// <summary>How a row says what was said.</summary>
public enum DatasetStyle
{
    /// <summary>A list of turns with roles.</summary>
    Messages,

    /// <summary>Columns for instruction, input and output.</summary>
    Alpaca,

    /// <summary>A column for the question and one for the answer.</summary>
    QueryResponse,

    /// <summary>A column of running text.</summary>
    Text,
}
