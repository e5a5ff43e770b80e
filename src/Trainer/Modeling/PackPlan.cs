using System.Diagnostics.CodeAnalysis;

namespace Ckpt.Trainer.Modeling;

/// <summary>Where packed sequences lie in each sequence of a batch.</summary>
static class PackPlan
{
    /// <summary>For each sequence of the batch its parts; what crosses its end is cut there.</summary>
    internal static IReadOnlyList<IReadOnlyList<(int First, int Count)>> Segments(CuSeqlens packs, long batch, long length)
    {
        var starts = packs.Starts;
        if (starts.Count < 2 || starts[0] != 0 || starts[^1] != batch * length) { Throw.Ends(starts, batch * length); }
        var segments = new List<(int, int)>[batch];
        for (var row = 0; row < batch; row++) { segments[row] = []; }
        for (var i = 1; i < starts.Count; i++)
        {
            if (starts[i] <= starts[i - 1]) { Throw.Order(starts[i - 1], starts[i]); }
            for (var (first, end) = (starts[i - 1], starts[i]); first < end;)
            {
                var row = first / length;
                var last = (int)Math.Min(end, (row + 1) * length);
                segments[row].Add(((int)(first - (row * length)), last - first));
                first = last;
            }
        }
        return segments;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Ends(IReadOnlyList<int> starts, long tokens) =>
            throw new ArgumentException($"packed sequences begin at [{string.Join(", ", starts.Take(8))}…]; the first must be 0 and the last {tokens}, the number of tokens");

        [DoesNotReturn]
        internal static void Order(int first, int second) => throw new ArgumentException($"a packed sequence begins at {second} behind one at {first}; beginnings must ascend");
    }
}
