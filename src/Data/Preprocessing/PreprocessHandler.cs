using Ckpt.Data.Datasets;

namespace Ckpt.Data.Preprocessing;

/// <summary>A handler of MindSpeed's <c>preprocess_data.py</c>, as data: what it writes, and the columns it reads unless told otherwise.</summary>
public sealed record PreprocessHandler(string Name, PreprocessKind Kind, DatasetStyle Style, ColumnMap Map)
{
    /// <summary>The arrays that it writes, in the order of MindSpeed's.</summary>
    public IReadOnlyList<string> Keys => Kind switch
    {
        PreprocessKind.Instruction => ["input_ids", "attention_mask", "labels"],
        PreprocessKind.Pairwise => ["chosen_input_ids", "chosen_labels", "rejected_input_ids", "rejected_labels"],
        _ => [],
    };
}
