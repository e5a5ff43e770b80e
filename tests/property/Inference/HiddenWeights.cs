using Ckpt.Formats.Tensors;
using Ckpt.Inference.Weights;

namespace Ckpt.PropertyTests.Inference;

/// <summary>Weights of which some are missing or seem to have another shape, and that remembers which were read.</summary>
sealed class HiddenWeights(IWeightSource inner, Func<string, Shape?, Shape?> seen) : IWeightSource
{
    readonly HashSet<string> _read = new(StringComparer.Ordinal);

    public string Where => inner.Where;

    internal IReadOnlySet<string> ReadNames => _read;

    public Shape? ShapeOf(string name) => seen(name, inner.ShapeOf(name));

    public void Read(string name, Box region, Span<float> target)
    {
        lock (_read) { _read.Add(name); }
        inner.Read(name, region, target);
    }
}
