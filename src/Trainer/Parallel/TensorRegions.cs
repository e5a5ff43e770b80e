using Ckpt.Torch;
using Ckpt.Torch.Distributed;
using static Ckpt.Torch.torch;

namespace Ckpt.Trainer.Parallel;

/// <summary>
/// The four ways between what all tensor-parallel ranks hold and what each has a part of, with their gradients. Where the sequence is parallel,
/// rows outside are shared by ranks, and entering gathers them. Source: Megatron-core `tensor_parallel/mappings.py`.
/// </summary>
sealed class TensorRegions(ParallelPlace place)
{
    readonly ProcessGroup _group = place.TensorGroup;
    readonly int _size = place.TensorParallel;
    readonly int _rank = place.TensorRank;

    /// <summary>How many ranks share each layer.</summary>
    internal int Size => _size;

    internal int Rank => _rank;

    /// <summary>Whether rows outside regions are shared.</summary>
    internal bool IsSequenceParallel { get; } = place.SequenceParallel && place.TensorParallel > 1;

    /// <summary>What all ranks see, each to compute its part: all rows. Gradients of the parts are added.</summary>
    internal Tensor Enter(Tensor rows) => _size == 1 ? rows : IsSequenceParallel ? Apply(rows, Rows, ScatterSum) : Apply(rows, static x => x.alias(), Sum);

    /// <summary>What each rank has computed a part of, added; where the sequence is parallel, this rank's rows of it.</summary>
    internal Tensor Leave(Tensor parts) => _size == 1 ? parts : IsSequenceParallel ? Apply(parts, ScatterSum, Rows) : Apply(parts, Sum, static g => g);

    /// <summary>The sum of what ranks have, as each of them needs it; its gradient is the same on all.</summary>
    internal Tensor Total(Tensor parts) => _size == 1 ? parts : Apply(parts, Sum, static g => g);

    /// <summary>All ranks' columns; each rank goes on with some of them, so gradients are added before each takes its own.</summary>
    internal Tensor GatherColumns(Tensor columns) => _size == 1 ? columns : Apply(columns, Columns, gradient => Sum(gradient).narrow(1, _rank * gradient.size(1) / _size, gradient.size(1) / _size));

    /// <summary>The largest of what ranks have; no gradient.</summary>
    internal Tensor Largest(Tensor values)
    {
        if (_size > 1) { _group.all_reduce(values, ReduceOp.MAX); }
        return values;
    }

    /// <summary>All ranks' columns, without gradients.</summary>
    internal Tensor Columns(Tensor columns)
    {
        var (rows, width) = (columns.size(0), columns.size(1));
        return Gather(columns).view(_size, rows, width).transpose(0, 1).reshape(rows, _size * width);
    }

    /// <summary>The sum, without gradients; a tensor of its own.</summary>
    internal Tensor Sum(Tensor values)
    {
        // What a gradient came in is not ours to change.
        var sum = values.contiguous().clone();
        _group.all_reduce(sum);
        return sum;
    }

    /// <summary>All ranks' rows, without gradients.</summary>
    internal Tensor Rows(Tensor rows) => Gather(rows);

    Tensor Gather(Tensor rows)
    {
        var all = empty([_size * rows.size(0), .. rows.shape[1..]], rows.dtype);
        _group.all_gather_into_tensor(all, rows.contiguous());
        return all;
    }

    Tensor ScatterSum(Tensor values)
    {
        var mine = empty([values.size(0) / _size, .. values.shape[1..]], values.dtype);
        _group.reduce_scatter_tensor(mine, values.contiguous());
        return mine;
    }

    static Tensor Apply(Tensor input, Func<Tensor, Tensor> forward, Func<Tensor, Tensor> backward) =>
        autograd.Apply(new RegionFunction(forward, backward), input)[0];
}
