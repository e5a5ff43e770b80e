using System.Runtime.ExceptionServices;

namespace Ckpt.Verify.Comparing;

/// <summary>Work on numbered parts, on several threads; whoever merges results by number gets the same every time.</summary>
static class OrderedParallel
{
    /// <summary>Runs the work for each number; the first failure is the one thrown.</summary>
    internal static void For(long count, int threads, Action<long> work, CancellationToken cancel)
    {
        var options = new ParallelOptions { CancellationToken = cancel, MaxDegreeOfParallelism = threads > 0 ? threads : Environment.ProcessorCount };
        try { Parallel.For(0L, count, options, work); }
        catch (AggregateException all) { ExceptionDispatchInfo.Throw(all.Flatten().InnerExceptions[0]); }
    }
}
