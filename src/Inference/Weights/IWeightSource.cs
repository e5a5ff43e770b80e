using Ckpt.Formats.Tensors;

namespace Ckpt.Inference.Weights;

/// <summary>The weights of a model by their Hugging Face names, read as float32 a region at a time. Members may be called from several threads at once.</summary>
public interface IWeightSource
{
    /// <summary>The name used in messages.</summary>
    string Where { get; }

    /// <summary>The shape of a weight, or null where there is none of that name.</summary>
    Shape? ShapeOf(string name);

    /// <summary>The type a weight is stored in; of bfloat16 every value read is one.</summary>
    DType TypeOf(string name) => DType.F32;

    /// <summary>
    /// How a weight is shared: a product over the axis is summed up part by part, as ranks do that hold equal parts of it one behind the other.
    /// </summary>
    SharedAxis SharedOver(string name) => SharedAxis.None;

    /// <summary>Fills <paramref name="target"/> with the region's elements, row-major.</summary>
    void Read(string name, Box region, Span<float> target);
}
