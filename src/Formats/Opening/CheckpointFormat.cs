using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.Opening;

/// <summary>A format that can be opened: its name, as detection gives it, and what opens a folder or file of it.</summary>
public sealed record CheckpointFormat(string Name, Func<string, ICheckpointReader> Open);
