using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;

namespace Ckpt.Trainer.Datasets;

/// <summary>
/// Which rows a rank takes after so many have been consumed: Megatron's random sampler as a function, so that a run that goes on where
/// another stopped takes the same rows (TRL-2.2).
/// </summary>
public sealed class TrainingSampler
{
    readonly BatchGeometry _geometry;
    readonly SamplerOptions _options;
    readonly int _rank;
    readonly int _active;
    readonly int _bucket;
    long _epoch = -1;
    int[] _order = [];

    /// <summary>A sampler of a rank.</summary>
    /// <param name="total">Rows there are.</param>
    /// <param name="geometry">How batches are cut.</param>
    /// <param name="rank">Which of the ranks with data of their own.</param>
    /// <param name="options">In which order.</param>
    /// <exception cref="LayoutException">TRL-2.3: there are fewer rows than the ranks take at once.</exception>
    public TrainingSampler(int total, BatchGeometry geometry, int rank, SamplerOptions options)
    {
        (_geometry, _rank, _options) = (geometry, rank, options);
        _active = total - (total % geometry.Together);
        if (_active == 0) { Throw.TooFew(total, geometry); }
        _bucket = options.DataSharding ? total / geometry.Together * geometry.MicroBatch : total / geometry.MicroBatch * geometry.MicroBatch;
    }

    /// <summary>Rows of an epoch: all but what does not fill one more round of micro batches.</summary>
    public int EpochRows => _active;

    /// <summary>The rows of this rank's next micro batch.</summary>
    /// <param name="consumed">Rows that all ranks have taken before, in all epochs.</param>
    /// <exception cref="LayoutException">TRL-2.4: the count is of another batch size.</exception>
    public int[] MicroBatch(long consumed)
    {
        if (consumed % _geometry.Together != 0) { Throw.Misplaced(consumed, _geometry); }
        var (epoch, at) = (consumed / _active, (int)(consumed % _active));
        if (epoch != _epoch) { (_epoch, _order) = (epoch, Order(epoch)); }
        var rows = new int[_geometry.MicroBatch];
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i] = _options.DataSharding
                ? (_rank * _bucket) + _order[(at / _geometry.DataParallel) + i]
                : _order[at + _rank + (i * _geometry.DataParallel)];
        }
        return rows;
    }

    int[] Order(long epoch) => _options.Shuffle ? TorchPermutation.Of(_bucket, (ulong)epoch) : [.. Enumerable.Range(0, _bucket)];

    static class Throw
    {
        [DoesNotReturn]
        internal static void TooFew(int total, BatchGeometry geometry) => throw new LayoutException(
            "TRL-2.3", "--dataset", $"{total} rows to train on; the ranks take {geometry.Together} at once ({geometry.DataParallel} × {geometry.MicroBatch})");

        [DoesNotReturn]
        internal static void Misplaced(long consumed, BatchGeometry geometry) => throw new LayoutException(
            "TRL-2.4", "--global_batch_size", $"{consumed} rows have been consumed, which is no multiple of the {geometry.Together} that the ranks take at once now; go on with the batch sizes of before");
    }
}

/// <summary>The order of rows.</summary>
/// <param name="Shuffle">Whether each epoch has a random order of its own.</param>
/// <param name="DataSharding">Whether each rank keeps to a part of the rows.</param>
public sealed record SamplerOptions(bool Shuffle = true, bool DataSharding = false);
