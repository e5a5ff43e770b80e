using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Views;

namespace Ckpt.Models.Adapters;

/// <summary>A stored tensor under another name.</summary>
sealed class RenamedTensor(ICheckpointReader reader, TensorInfo tensor, string name) : TensorView
{
    public override TensorInfo Info { get; } = tensor with { Name = name };

    public override BoxPayload Locate(int box) => reader.Locate(tensor, box);
}
