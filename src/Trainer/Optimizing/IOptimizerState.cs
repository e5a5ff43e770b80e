using Ckpt.Torch;

namespace Ckpt.Trainer.Optimizing;

/// <summary>An optimizer's state, by parameter, as if this rank had all of the parameter's.</summary>
public interface IOptimizerState
{
    /// <summary>Steps taken.</summary>
    long Step { get; set; }

    /// <summary>What there is: of every trainable parameter <c>param</c> (its value in float32) and what the optimizer keeps beside it.</summary>
    IEnumerable<(string Parameter, string Kind)> Entries { get; }

    /// <summary>A state in float32, of the parameter's shape on this rank; the caller's. Collective over the data group.</summary>
    Tensor Gather(string parameter, string kind);

    /// <summary>Sets a state, of the parameter's shape on this rank; with <c>param</c> the parameter itself. Every rank of the data group gives the same.</summary>
    void Scatter(string parameter, string kind, Tensor value);
}
