using System.Globalization;
using System.Text.RegularExpressions;
using Ckpt.Formats.Tensors;
using Ckpt.Inference.Weights;
using Ckpt.Models.Bridge;
using Ckpt.Models.Opening;
using Ckpt.Sharding.Views;
using Ckpt.Torch;
using Ckpt.Trainer.Modeling;
using static Ckpt.Torch.torch;

namespace Ckpt.TrainerTests.Modeling;

/// <summary>The parameters of a rank, out of a Hugging Face folder: seen under Megatron's names through the model's map, and cut by comparing shapes.</summary>
sealed partial class HfParameters : IParameterSource
{
    readonly CheckpointWeights _weights;
    readonly int _rank;

    internal HfParameters(ModelCheckpoint checkpoint, int rank = 0)
    {
        _rank = rank;
        _weights = new CheckpointWeights(new MappedCheckpoint(checkpoint.Reader, checkpoint.ToMegatron(new BridgeOptions { KeyForm = KeyForm.PerLayer })));
    }

    public Tensor? Read(string name, ReadOnlySpan<long> localShape, ScalarType type)
    {
        var expert = Expert().Match(name) is { Success: true } match ? int.Parse(match.Groups["expert"].ValueSpan, CultureInfo.InvariantCulture) : (int?)null;
        var key = expert is null ? name : Expert().Replace(name, ".mlp.experts.experts.${module}");
        if (_weights.ShapeOf(key) is not { } shape) { return null; }
        var full = shape.Dims.ToArray();
        var values = new float[shape.Count];
        _weights.Read(key, Box.Whole(shape), values);
        var whole = tensor(values, full);
        if (expert is { } index) { whole = whole.select(0, index); }
        return Local(name, whole, localShape.ToArray(), _rank).contiguous().to(type);
    }

    /// <summary>A rank's part of a tensor.</summary>
    internal static Tensor Local(string name, Tensor whole, long[] local, int rank)
    {
        for (var axis = 0; axis < local.Length; axis++)
        {
            var (all, mine) = (whole.size(axis), local[axis]);
            if (all == mine) { continue; }
            if (name is "embedding.word_embeddings.weight" or "output_layer.weight")
            {
                // Padding is at the end.
                var first = Math.Min(all, rank * mine);
                var count = Math.Min(all - first, mine);
                return cat([whole.narrow(0, first, count), zeros([mine - count, whole.size(1)])], 0);
            }
            if (!name.Contains("linear_fc1.", StringComparison.Ordinal) || name.Contains(".gate.", StringComparison.Ordinal) || name.Contains(".up.", StringComparison.Ordinal)) { return whole.narrow(axis, rank * mine, mine); }
            var half = mine / 2;
            return cat([whole.narrow(axis, rank * half, half), whole.narrow(axis, (all / 2) + (rank * half), half)], axis);
        }
        return whole;
    }

    [GeneratedRegex(@"\.mlp\.experts\.(?<module>linear_fc[12]\.(?:weight|bias))(?<expert>[0-9]+)$", RegexOptions.CultureInvariant)]
    private static partial Regex Expert();
}
