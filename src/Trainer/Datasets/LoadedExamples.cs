using Ckpt.Data.Datasets;

namespace Ckpt.Trainer.Datasets;

/// <summary>Examples in the order in which they were put.</summary>
/// <param name="Training">To train on.</param>
/// <param name="Validation">To evaluate on; may be empty.</param>
public sealed record LoadedExamples(IReadOnlyList<DatasetExample> Training, IReadOnlyList<DatasetExample> Validation);
