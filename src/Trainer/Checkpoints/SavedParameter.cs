using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;

namespace Ckpt.Trainer.Checkpoints;

/// <summary>A parameter as this rank holds it.</summary>
/// <param name="Name">Its name in the rank's state dict.</param>
/// <param name="DType">Its type.</param>
/// <param name="Shape">Its shape on this rank.</param>
/// <param name="Elements">Its elements, row-major; they do not change while a checkpoint is written.</param>
/// <param name="IsTrainable">Whether the optimizer has states of it.</param>
public sealed record SavedParameter(string Name, DType DType, Shape Shape, IByteSource Elements, bool IsTrainable)
{
    /// <summary>Whether it is an adapter's, and the model beside it frozen.</summary>
    public bool IsAdapter => AdapterSource.IsAdapter(Name);
}
