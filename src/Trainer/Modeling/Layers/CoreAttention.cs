using Ckpt.Torch;
using Ckpt.Trainer.Modeling.Functions;
using static Ckpt.Torch.torch;

namespace Ckpt.Trainer.Modeling.Layers;

/// <summary>The middle of attention: scores, softmax, mix. Queries [b, heads, s, d]; keys and values [b, groups, s, d].</summary>
/// <param name="scale">What scores are multiplied by.</param>
/// <param name="window">Positions a query sees, its own included; null: all before it.</param>
/// <param name="cap">What scores are held between.</param>
/// <param name="sinks">A logit a head that takes part in the softmax.</param>
/// <param name="dropout">Of weights.</param>
/// <param name="recomputes">Whether scores are computed anew in the backward pass.</param>
sealed class CoreAttention(float scale, long? window, float? cap, Parameter? sinks, double dropout, bool recomputes)
{
    // Queries of longer sequences go in blocks, so that scores of what lies ahead are mostly not computed (half the work at any length).
    const long BlockQueries = 512;

    /// <summary>What heads mix for each row: [b · s, heads · d].</summary>
    internal Tensor Forward(Pass pass, Tensor queries, Tensor keys, Tensor values)
    {
        var mixed = recomputes && is_grad_enabled()
            ? CheckpointFunction.Run(pass, inputs => Mix(pass, inputs[0], inputs[1], inputs[2]), queries, keys, values)
            : Mix(pass, queries, keys, values);
        return mixed.transpose(1, 2).reshape(pass.Rows, -1);
    }

    Tensor Mix(Pass pass, Tensor queries, Tensor keys, Tensor values)
    {
        if (pass.Segments is null) { return Sequence(pass, queries, keys, values, pass.Length); }
        var batches = new List<Tensor>();
        foreach (var segments in pass.Segments)
        {
            var batch = batches.Count;
            Tensor Of(Tensor all, (int First, int Count) segment) => all.narrow(0, batch, 1).narrow(2, segment.First, segment.Count);
            batches.Add(Joined([.. segments.Select(segment => Sequence(pass, Of(queries, segment), Of(keys, segment), Of(values, segment), segment.Count))], 2));
        }
        return Joined(batches, 0);
    }

    // One sequence, or several of one length.
    Tensor Sequence(Pass pass, Tensor queries, Tensor keys, Tensor values, long length)
    {
        if (length < 2 * BlockQueries) { return Block(pass, queries, keys, values, 0); }
        var blocks = new List<Tensor>();
        for (var first = 0L; first < length; first += BlockQueries)
        {
            var count = Math.Min(BlockQueries, length - first);
            var begin = window is { } seen ? Math.Max(0, first - seen + 1) : 0;
            var end = first + count;
            blocks.Add(Block(pass, queries.narrow(2, first, count), keys.narrow(2, begin, end - begin), values.narrow(2, begin, end - begin), first - begin));
        }
        return Joined(blocks, 2);
    }

    // Queries whose first sees the key of index ahead.
    Tensor Block(Pass pass, Tensor queries, Tensor keys, Tensor values, long ahead)
    {
        var (batch, heads, count, dim) = (queries.shape[0], queries.shape[1], queries.shape[2], queries.shape[3]);
        var (groups, seen) = (keys.shape[1], keys.shape[2]);
        var each = heads / groups;
        // Heads of a group are rows of one product: keys and values are not repeated.
        var flat = queries.reshape(batch * groups, each * count, dim);
        var turned = keys.reshape(batch * groups, seen, dim).transpose(1, 2);
        var mask = pass.Mask(count, seen, ahead, window, each, queries.dtype);
        Tensor scores;
        if (cap is { } limit)
        {
            scores = flat.bmm(turned).mul(scale / limit).tanh().mul(limit).add(mask);
        }
        else { scores = mask.expand(batch * groups, each * count, seen).baddbmm(flat, turned, 1, scale); }
        var weights = sinks is null ? scores.softmax(-1, ScalarType.Float32) : Sunk(scores, batch, groups, each, count);
        weights = pass.DropPart(weights.to(queries.dtype), dropout);
        return weights.bmm(values.reshape(batch * groups, seen, values.shape[3])).view(batch, heads, count, values.shape[3]);
    }

    Tensor Sunk(Tensor scores, long batch, long groups, long each, long count)
    {
        var column = sinks!.Value.to(ScalarType.Float32).view(1, groups, each, 1).expand(batch, groups, each, count).reshape(batch * groups, each * count, 1);
        var all = cat([scores.to(ScalarType.Float32), column], 2);
        return all.softmax(-1, ScalarType.Float32).narrow(2, 0, all.size(2) - 1);
    }

    static Tensor Joined(List<Tensor> parts, int axis) => parts.Count == 1 ? parts[0] : cat(parts.ToArray(), axis);
}
