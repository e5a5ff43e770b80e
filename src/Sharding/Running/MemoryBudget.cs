using Ckpt.Sharding.Plans;

namespace Ckpt.Sharding.Running;

/// <summary>What a run takes at its peak, and how many threads fit.</summary>
/// <param name="Threads">Threads that fit.</param>
/// <param name="PeakBytes">Runtime, plan and buffers.</param>
public readonly record struct MemoryBudget(int Threads, long PeakBytes)
{
    /// <summary>The runtime, its code and the pages of the program, measured with an empty plan and rounded up.</summary>
    public const long RuntimeBytes = 72L << 20;

    /// <summary>
    /// Makes the number given a limit of the process itself, so that an estimate that is wrong ends in an error and not in swap. Limits too
    /// small for the runtime are left to <see cref="Fit"/>, which says so.
    /// </summary>
    public static void Enforce(RunOptions options)
    {
        if (options.MaxMemory < 2 * RuntimeBytes) { return; }
        AppContext.SetData("GCHeapHardLimit", (ulong)(options.MaxMemory - (RuntimeBytes / 2)));
        GC.RefreshMemoryLimit();
    }

    /// <summary>Fits a run into its memory; fewer threads where needed.</summary>
    /// <param name="plan">What is copied.</param>
    /// <param name="options">The limit.</param>
    /// <param name="reading">What the source's reader takes besides (<see cref="Formats.Tensors.ICheckpointReader.ReadingCost"/>).</param>
    /// <exception cref="BudgetException">Not even one thread fits.</exception>
    public static MemoryBudget Fit(CopyPlan plan, RunOptions options, Formats.Tensors.ReadingCost reading = default)
    {
        var wanted = options.Threads > 0 ? options.Threads : Math.Max(4, Environment.ProcessorCount);
        var fixedBytes = RuntimeBytes + plan.EstimatedBytes + options.HeldBytes + reading.FixedBytes;
        var perThread = (2L * options.BlockBytes) + EncodingBytes(plan) + reading.BytesPerThread; // the block, and the window it is gathered through
        var threads = (int)Math.Min(wanted, (options.MaxMemory - fixedBytes) / perThread);
        if (threads < 1)
        {
            throw new BudgetException(
                $"this plan needs {fixedBytes + perThread:N0} bytes of memory at its peak, --max_memory allows {options.MaxMemory:N0}");
        }
        return new MemoryBudget(threads, fixedBytes + (threads * perThread));
    }

    /// <summary>A thread encodes one file at a time, whole.</summary>
    static long EncodingBytes(CopyPlan plan)
    {
        var most = 0L;
        foreach (var file in plan.Layout.Files)
        {
            if (file.Encode is { } encode) { most = Math.Max(most, file.Length + encode.WorkingBytes); }
        }
        return most;
    }
}
