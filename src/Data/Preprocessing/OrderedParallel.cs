namespace Ckpt.Data.Preprocessing;

/// <summary>Does work on several threads and gives the results in the order of the work, with a bounded number under way.</summary>
static class OrderedParallel
{
    /// <summary>The results, in order.</summary>
    internal static IEnumerable<TResult> Select<T, TResult>(IEnumerable<T> items, Func<T, TResult> work, int workers, CancellationToken cancel)
    {
        var underWay = new Queue<Task<TResult>>();
        foreach (var item in items)
        {
            cancel.ThrowIfCancellationRequested();
            underWay.Enqueue(Task.Run(() => work(item), cancel));
            if (underWay.Count >= workers) { yield return underWay.Dequeue().GetAwaiter().GetResult(); }
        }
        while (underWay.TryDequeue(out var task)) { yield return task.GetAwaiter().GetResult(); }
    }
}
