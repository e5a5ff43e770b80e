using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Views;

namespace Ckpt.Models.Megatron.Optimizer;

/// <summary>A stored tensor, or a view, under another name.</summary>
sealed class RenamedTensor : TensorView
{
    readonly Func<int, BoxPayload> _locate;
    readonly long _held;

    internal RenamedTensor(string name, ICheckpointReader reader, TensorInfo tensor)
    {
        Info = tensor with { Name = name };
        _locate = box => reader.Locate(tensor, box);
    }

    internal RenamedTensor(string name, TensorView view)
    {
        Info = view.Info with { Name = name };
        (_locate, _held) = (view.Locate, view.HeldBytes);
    }

    public override TensorInfo Info { get; }

    public override long HeldBytes => _held;

    public override BoxPayload Locate(int box) => _locate(box);
}
