using System.Runtime.ExceptionServices;

namespace Ckpt.Sharding.Running;

/// <summary>Runs the same work on several threads.</summary>
static class WorkerThreads
{
    /// <summary>Returns when all are done. The first failure calls <paramref name="stop"/> and is the one thrown here.</summary>
    internal static void Run(int count, Action work, Action stop)
    {
        ExceptionDispatchInfo? failure = null;
        var threads = new Thread[count];
        for (var i = 0; i < count; i++)
        {
            threads[i] = new Thread(() =>
            {
                try { work(); }
                catch (Exception error) // carried to the caller's thread below, whatever it is
                {
                    Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(error), null);
                    stop();
                }
            })
            { Name = $"ckpt worker {i}", IsBackground = true };
            threads[i].Start();
        }
        foreach (var thread in threads) { thread.Join(); }
        failure?.Throw();
    }
}
