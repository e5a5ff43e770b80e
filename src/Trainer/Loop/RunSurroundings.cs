namespace Ckpt.Trainer.Loop;

/// <summary>What a run sees of the process around it.</summary>
/// <param name="FindModel">The folder of a model by its name, or null.</param>
/// <param name="FindDataset">The folder of a data set by its name, or null.</param>
/// <param name="Note">A line for the user.</param>
/// <param name="Logs">Further logs, of the first rank.</param>
/// <param name="Clock">The time.</param>
public sealed record RunSurroundings(Func<string, string?> FindModel, Func<string, string?> FindDataset, Action<string> Note, IReadOnlyList<ITrainingLog> Logs, TimeProvider Clock);
