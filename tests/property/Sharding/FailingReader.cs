using Ckpt.Formats.Tensors;

namespace Ckpt.PropertyTests.Sharding;

/// <summary>A source that breaks after so many boxes were located, as a disk or a process may.</summary>
sealed class FailingReader(ICheckpointReader inner, int after) : ICheckpointReader
{
    int _left = after;

    public string Format => inner.Format;

    public string Path => inner.Path;

    public IReadOnlyList<FileEntry> Files => inner.Files;

    public IReadOnlyList<TensorInfo> Tensors => inner.Tensors;

    public IReadOnlyList<ObjectInfo> Objects => inner.Objects;

    public System.Text.Json.Nodes.JsonObject Describe() => inner.Describe();

    public BoxPayload Locate(TensorInfo tensor, int box) => Interlocked.Decrement(ref _left) < 0 ? throw new IOException("broken") : inner.Locate(tensor, box);

    public void Dispose() { }
}
