using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;

namespace Ckpt.Trainer.Datasets;

/// <summary>How a global batch is cut: into micro batches, shared by the ranks that hold different data (TRL-1.1).</summary>
public sealed record BatchGeometry
{
    /// <summary>A cut; it must come out even.</summary>
    /// <exception cref="LayoutException">It does not.</exception>
    public BatchGeometry(int microBatch, int globalBatch, int dataParallel)
    {
        if (microBatch < 1) { Throw.NotPositive("--micro_batch_size", microBatch); }
        if (globalBatch < 1) { Throw.NotPositive("--global_batch_size", globalBatch); }
        ArgumentOutOfRangeException.ThrowIfLessThan(dataParallel, 1);
        if (globalBatch % ((long)microBatch * dataParallel) != 0) { Throw.Uneven(microBatch, globalBatch, dataParallel); }
        (MicroBatch, GlobalBatch, DataParallel) = (microBatch, globalBatch, dataParallel);
    }

    /// <summary>Rows that one rank computes at once.</summary>
    public int MicroBatch { get; }

    /// <summary>Rows of a step.</summary>
    public int GlobalBatch { get; }

    /// <summary>Ranks with data of their own.</summary>
    public int DataParallel { get; }

    /// <summary>Micro batches of a rank in a step.</summary>
    public int MicroBatches => GlobalBatch / Together;

    /// <summary>Rows that all ranks compute at once.</summary>
    public int Together => MicroBatch * DataParallel;

    static class Throw
    {
        [DoesNotReturn]
        internal static void NotPositive(string flag, int value) => throw new LayoutException("TRL-1.1", flag, $"{value}; at least 1 is allowed");

        [DoesNotReturn]
        internal static void Uneven(int micro, int global, int data) => throw new LayoutException(
            "TRL-1.1", "--global_batch_size", $"{global} is no multiple of micro batch size × data parallel size ({micro} × {data} = {(long)micro * data})");
    }
}
