using Ckpt.Formats.Torch;

namespace Ckpt.Formats.TorchDist;

/// <summary>How a torch_dist checkpoint is written.</summary>
public sealed record TorchDistWriterOptions
{
    /// <summary>The state that is not sharded.</summary>
    public required PickleDict Common { get; init; }

    /// <summary>The storages of tensors in <see cref="Common"/>, by their keys 0, 1, …</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> CommonStorages { get; init; } = [];

    /// <summary>What is written beside tensors and common state, in this order.</summary>
    public IReadOnlyList<ObjectTarget> Objects { get; init; } = [];

    /// <summary>
    /// The folder for it all: <c>iter_0000001</c> or <c>release</c>, beside which a tracker file then says so; another name, or none, has no tracker.
    /// </summary>
    public string Folder { get; init; } = TorchDistFolder.NameOf(1);

    /// <summary>Data files at most; none is left empty.</summary>
    public int FileCount { get; init; } = 1;

    /// <summary>Which readers it is for.</summary>
    public TorchDistForm Form { get; init; }

    /// <summary>Whether the index maps each name to itself, which torch's own converters up to 2.6 need.</summary>
    public bool PlannerData { get; init; }

    /// <summary>The name of the tracker file.</summary>
    public static string TrackerName => TorchDistFolder.Tracker;

    /// <summary>What the tracker says for a folder of that name, or null where it has none.</summary>
    public static string? TrackerOf(string folder) => TorchDistFolder.TrackerOf(folder);

    /// <summary>The folder of an iteration: at least seven digits.</summary>
    public static string IterationFolder(long iteration) => TorchDistFolder.NameOf(iteration);
}
