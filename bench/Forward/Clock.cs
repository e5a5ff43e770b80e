using System.Diagnostics;

namespace Ckpt.Bench;

/// <summary>Seconds that count: of the wall, or, where the machine is shared, of processors as they were given to this process.</summary>
static class Clock
{
    static readonly long s_start = Stopwatch.GetTimestamp();

    /// <summary>Whether processor time counts, divided by the threads that work.</summary>
    internal static bool IsOfProcessor { get; set; }

    internal static double Now(int threads) => IsOfProcessor ? Environment.CpuUsage.TotalTime.TotalSeconds / threads : Stopwatch.GetElapsedTime(s_start).TotalSeconds;
}
