using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Models.Opening;
using Ckpt.Sharding.Running;
using Ckpt.Sharding.Views;
using Ckpt.Verify.Passes;

namespace Ckpt.PropertyTests.Verify;

/// <summary>Models whose forward passes tests compare.</summary>
static class PassModels
{
    /// <summary>A vector's Megatron checkpoint, with the config of the Hugging Face model it was made of.</summary>
    internal static ModelCheckpoint Megatron(string format, string name) => ModelCheckpoint.Open(Repository.Vector(format, name), new ModelOpenOptions { Model = Repository.Vector("hf", name.Split('-')[0]) });

    internal static ModelCheckpoint Hf(string name) => ModelCheckpoint.Open(Repository.Vector("hf", name.Split('-')[0]), new ModelOpenOptions());

    internal static PassReport Compare(PassSide a, PassSide b, PassOptions? options = null, params IReadOnlyList<PassSample> samples) =>
        PassComparison.Run(a, b, samples.Count > 0 ? samples : [PassSample.Spread(a.Model.Vocabulary)], options ?? new PassOptions(), new NoProgress(), CancellationToken.None);

    /// <summary>The model with a row of some tensors zeroed.</summary>
    internal static ModelCheckpoint WithZeroRow(ModelCheckpoint model, string name, long row) =>
        model.With(new ViewedCheckpoint(model.Reader, [new ZeroRow(model.Reader, model.Reader.Tensors.Single(tensor => tensor.Name == name), row)]), model.Side);

    sealed class ZeroRow(ICheckpointReader reader, TensorInfo tensor, long row) : ComputedTensor(tensor.Name, tensor.DType, tensor.Shape, 0)
    {
        protected override void Compute(long first, Span<byte> elements)
        {
            var (payload, size) = (reader.Locate(tensor, 0), tensor.DType.ByteSize());
            payload.Source.ReadExactly(payload.Offset + (first * size), elements);
            var width = tensor.Shape.Count / tensor.Shape[0];
            for (var i = 0; i < elements.Length / size; i++)
            {
                if ((first + i) / width == row) { elements.Slice(i * size, size).Clear(); }
            }
        }
    }
}
