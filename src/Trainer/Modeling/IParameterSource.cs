using Ckpt.Torch;

namespace Ckpt.Trainer.Modeling;

/// <summary>Where a model's initial values come from: asked once for each parameter, by per-rank name.</summary>
public interface IParameterSource
{
    /// <summary>The parameter's values as this rank holds them, the caller's to dispose; null where there are none.</summary>
    Tensor? Read(string name, ReadOnlySpan<long> localShape, ScalarType type);
}
