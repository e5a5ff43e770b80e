using System.Collections.Concurrent;
using Ckpt.Formats.Tensors;
using Ckpt.Inference.Kernels;
using Ckpt.Inference.Weights;

namespace Ckpt.Inference.Running;

/// <summary>Multiplies rows with matrices, several matrices at once: threads take groups of panels, read them where they are not in memory, and go over all rows.</summary>
sealed unsafe class Products(IWeightSource weights, PanelStore? store, ForwardMemory memory, ParallelOptions parallelism) : IDisposable
{
    readonly ConcurrentBag<ThreadRoom> _rooms = [];

    // Bytes of weights that are worth a turn of a thread.
    const int TurnBytes = 256 << 10;

    /// <summary>Rows times each matrix, plus its bias; the matrices have been checked.</summary>
    internal RowMatrix[] Run(IReadOnlyList<(WeightMatrix Matrix, RowMatrix Inputs)> factors)
    {
        var jobs = factors.Select(factor => Begin(factor.Matrix, factor.Inputs)).ToArray();
        var turns = jobs.SelectMany(Turns).ToArray();
        if (turns.Length == 1) { Take(turns[0]); }
        else { Parallel.For(0, turns.Length, parallelism, index => Take(turns[index])); }
        foreach (var job in jobs)
        {
            if (job.Kept is { } kept) { kept.IsComplete = true; }
            if (job.Bias is not { } bias) { continue; }
            for (var row = 0; row < job.Outputs.Count; row++) { Lanes.AddScaled(job.Outputs[row], bias, 1); }
        }
        return [.. jobs.Select(static job => job.Outputs)];
    }

    public void Dispose()
    {
        foreach (var room in _rooms) { room.Dispose(); }
    }

    Job Begin(WeightMatrix matrix, RowMatrix inputs)
    {
        var isHalf = weights.TypeOf(matrix.Name) == DType.BF16;
        var kept = store?.Take(matrix, isHalf, memory.KeptBytes);
        var bias = matrix.Bias is null ? null : store is null ? weights.ReadBias(matrix) : store.Vector($"{matrix.Bias} {matrix.Expert} {matrix.FirstRow}", matrix.Rows, () => weights.ReadBias(matrix)!);
        return new Job(matrix, inputs, RowMatrix.Unfilled(inputs.Count, matrix.Rows), isHalf, kept, kept?.IsComplete == true, bias);
    }

    // So many that every thread has some, so large that few are needed, and no more than there is room for.
    IEnumerable<Turn> Turns(Job job)
    {
        var (panels, bytes) = (Panels.Count(job.Matrix.Rows), Panels.Bytes(job.Matrix.Columns, job.IsHalf));
        var share = Math.Max(1, panels / (2 * parallelism.MaxDegreeOfParallelism));
        // Many inputs are put side by side for every turn, which pays for many panels; of few, a turn is as long as its weights.
        var worth = job.Inputs.Count >= Panels.Together ? memory.PanelCount : Math.Max(1, TurnBytes / bytes);
        var count = (int)Math.Min(Math.Min(share, memory.PanelCount), worth);
        for (var first = 0; first < panels; first += count) { yield return new Turn(job, first, Math.Min(count, panels - first)); }
    }

    void Take(Turn turn)
    {
        if (!_rooms.TryTake(out var room)) { room = new ThreadRoom(memory); }
        try
        {
            var (job, bytes) = (turn.Job, Panels.Bytes(turn.Job.Matrix.Columns, turn.Job.IsHalf));
            var panels = job.Kept is { } kept ? kept.Memory + (turn.First * bytes) : room.Panels;
            if (!job.IsThere) { Fill(turn, panels, bytes, room.Tile); }
            var (first, rows) = (turn.First * Panels.Rows, Math.Min(turn.Count * Panels.Rows, job.Matrix.Rows - (turn.First * Panels.Rows)));
            fixed (float* inputs = job.Inputs.Values, outputs = job.Outputs.Values)
            {
                Panels.Multiply(panels, turn.Count, job.IsHalf, inputs, job.Inputs.Count, job.Matrix.Columns, outputs + first, job.Matrix.Rows, rows, room.Sums);
            }
        }
        finally { _rooms.Add(room); }
    }

    void Fill(Turn turn, byte* panels, long bytes, float[] tile)
    {
        var matrix = turn.Job.Matrix;
        var most = Math.Min(Panels.Rows, Math.Max(1, tile.Length / matrix.Columns));
        for (var panel = 0; panel < turn.Count; panel++)
        {
            var begin = (turn.First + panel) * Panels.Rows;
            var count = Math.Min(Panels.Rows, matrix.Rows - begin);
            var to = panels + (panel * bytes);
            // The rows that a last panel lacks are read by kernels and go nowhere.
            if (count < Panels.Rows) { new Span<byte>(to, checked((int)bytes)).Clear(); }
            for (var row = 0; row < count; row += most)
            {
                var rows = Math.Min(most, count - row);
                var values = tile.AsSpan(0, rows * matrix.Columns);
                weights.ReadRows(matrix, begin + row, rows, values);
                Panels.Put(values, row, rows, matrix.Columns, turn.Job.IsHalf, to);
            }
        }
    }

    sealed record Job(WeightMatrix Matrix, RowMatrix Inputs, RowMatrix Outputs, bool IsHalf, PanelMatrix? Kept, bool IsThere, float[]? Bias);

    readonly record struct Turn(Job Job, int First, int Count);
}
