using System.Collections.Concurrent;

namespace Ckpt.Torch.Native;

/// <summary>Exceptions of callbacks, kept while LibTorch unwinds: no exception of C# crosses a native frame, and none is lost.</summary>
static class CallbackExceptions
{
    static readonly ConcurrentDictionary<long, Exception> s_waiting = new();
    static long s_last;

    /// <summary>A number other than 0 that finds the exception again.</summary>
    internal static long Keep(Exception exception)
    {
        var id = Interlocked.Increment(ref s_last);
        s_waiting[id] = exception;
        return id;
    }

    internal static Exception? Take(long id) => s_waiting.TryRemove(id, out var exception) ? exception : null;
}
