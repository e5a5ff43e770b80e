using System.Collections.Concurrent;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Elements;

namespace Ckpt.Inference.Weights;

/// <summary>The tensors of an opened checkpoint that has Hugging Face names, itself or seen through a map. The reader stays its owner's.</summary>
public sealed class CheckpointWeights : IWeightSource
{
    readonly ICheckpointReader _reader;
    readonly Dictionary<string, TensorInfo> _tensors;
    readonly ConcurrentDictionary<string, TensorSingles> _opened = new(StringComparer.Ordinal);

    /// <summary>All tensors of a checkpoint.</summary>
    public CheckpointWeights(ICheckpointReader reader)
    {
        _reader = reader;
        _tensors = reader.Tensors.ToDictionary(static tensor => tensor.Name, StringComparer.Ordinal);
    }

    public string Where => _reader.Path;

    public Shape? ShapeOf(string name) => _tensors.TryGetValue(name, out var tensor) ? tensor.Shape : null;

    public DType TypeOf(string name) => _tensors.TryGetValue(name, out var tensor) ? tensor.DType : DType.F32;

    public void Read(string name, Box region, Span<float> target) =>
        _opened.GetOrAdd(name, static (key, self) => new TensorSingles(self._reader, self._tensors[key]), this).Read(region, target);
}
