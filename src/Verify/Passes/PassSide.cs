using Ckpt.Inference.Descriptions;
using Ckpt.Inference.Weights;
using Ckpt.Models.Opening;
using Ckpt.Sharding.Layouts;
using Ckpt.Verify.Comparing;

namespace Ckpt.Verify.Passes;

/// <summary>One of two models whose forward passes are compared: what it is, and its weights under the names it is described with.</summary>
public readonly record struct PassSide(ForwardModel Model, IWeightSource Weights)
{
    /// <summary>A checkpoint of any format, under the common names; it stays its owner's.</summary>
    /// <exception cref="Formats.CheckpointException">Its tensors are not those of its config, or the forward pass of its family is not known.</exception>
    public static PassSide Of(ModelCheckpoint model) => Of(model, new CheckpointWeights(new LogicalSide(model.Reader, CanonicalNames.Of(model)).Named));

    /// <summary>A Megatron checkpoint, as the ranks of a layout compute with it (VER-3.1).</summary>
    /// <exception cref="Formats.CheckpointException">As above, or it cannot be split so.</exception>
    public static PassSide OfRanks(ModelCheckpoint model, ParallelLayout layout) => Of(model, RankedWeights.Of(model, layout));

    static PassSide Of(ModelCheckpoint model, IWeightSource weights) => new(ForwardModel.Of(model.Side.Config, weights), weights);
}
