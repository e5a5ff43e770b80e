using Ckpt.Formats.IO;
using Ckpt.Models.Megatron.State;

namespace Ckpt.Trainer.Checkpoints;

/// <summary>The optimizer's states of a rank's parameters, put together from wherever its data parallel ranks keep them.</summary>
public interface IOptimizerTensors
{
    /// <summary>The groups, without their parameters.</summary>
    IReadOnlyList<ParamGroupState> Groups { get; }

    /// <summary>The states there are of every trainable parameter: <c>param</c>, <c>exp_avg</c>, <c>exp_avg_sq</c>.</summary>
    IReadOnlyList<string> Kinds { get; }

    /// <summary>
    /// A state in float32, of the parameter's shape on this rank, row-major. Every rank asks for the same ones in the same order. Disposed after use
    /// where it can be.
    /// </summary>
    IByteSource Gather(string parameter, string kind);
}
