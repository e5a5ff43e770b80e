namespace Ckpt.Sharding.Running;

/// <summary>Which part of a run's blocks a process does: one contiguous stretch of the output, about equal in bytes to the others'.</summary>
/// <param name="First">The first block.</param>
/// <param name="End">Behind the last.</param>
readonly record struct WorkerShare(int First, int End)
{
    /// <summary>The share of worker <paramref name="worker"/> of <paramref name="workers"/>: every block is in exactly one.</summary>
    internal static WorkerShare Of(IReadOnlyList<Block> blocks, int worker, int workers)
    {
        if (workers == 1) { return new WorkerShare(0, blocks.Count); }
        var total = 0L;
        foreach (var block in blocks) { total += block.Length; }
        return new WorkerShare(Boundary(blocks, total, worker, workers), Boundary(blocks, total, worker + 1, workers));
    }

    /// <summary>The first block whose middle lies at or behind the worker's part of all bytes.</summary>
    static int Boundary(IReadOnlyList<Block> blocks, long total, int worker, int workers)
    {
        if (worker == workers) { return blocks.Count; }
        var start = (Int128)total * worker / workers;
        var before = 0L;
        for (var b = 0; b < blocks.Count; b++)
        {
            if (before + (blocks[b].Length / 2) >= start) { return b; }
            before += blocks[b].Length;
        }
        return blocks.Count;
    }
}
