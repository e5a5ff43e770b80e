using System.Text.Json.Nodes;

namespace Ckpt.Formats.Tensors;

/// <summary>
/// A checkpoint opened for reading. Opening reads headers and indexes only: no tensor data.
/// Members may be called from several threads at once.
/// </summary>
public interface ICheckpointReader : IDisposable
{
    /// <summary>The format's name: <c>safetensors</c>, <c>torch_dist</c>, <c>torch_dcp</c>, …</summary>
    string Format { get; }

    /// <summary>The folder or file that was opened.</summary>
    string Path { get; }

    /// <summary>The files that hold tensors and objects.</summary>
    IReadOnlyList<FileEntry> Files { get; }

    /// <summary>The tensors, in the order the checkpoint lists them; names are unique.</summary>
    IReadOnlyList<TensorInfo> Tensors { get; }

    /// <summary>What is stored besides tensors.</summary>
    IReadOnlyList<ObjectInfo> Objects { get; }

    /// <summary>What reading costs in memory, for budgets.</summary>
    ReadingCost ReadingCost => default;

    /// <summary>Plain metadata (versions, string metadata, common state) in a form made for people and <c>--json</c>.</summary>
    JsonObject Describe();

    /// <summary>
    /// Finds where a box's elements lie; reads at most the stream's own header.
    /// </summary>
    /// <exception cref="MalformedCheckpointException">What is stored there is not the box that the index announces.</exception>
    BoxPayload Locate(TensorInfo tensor, int box);
}
