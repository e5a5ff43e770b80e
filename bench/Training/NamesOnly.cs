using Ckpt.Formats.Tensors;
using Ckpt.Inference.Weights;

namespace Ckpt.Bench;

/// <summary>No weights: names are as the family's first choice has them.</summary>
sealed class NamesOnly : IWeightSource
{
    public string Where => "no weights";

    public Shape? ShapeOf(string name) => null;

    public void Read(string name, Box region, Span<float> target) => throw new NotSupportedException(name);
}
