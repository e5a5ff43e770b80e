using Ckpt.Torch;
using Ckpt.Trainer.Modeling;

namespace Ckpt.Bench;

/// <summary>Every parameter is drawn.</summary>
sealed class NoValues : IParameterSource
{
    public Tensor? Read(string name, ReadOnlySpan<long> localShape, ScalarType type) => null;
}
