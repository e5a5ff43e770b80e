using System.Diagnostics.CodeAnalysis;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Boxes;
using Ckpt.Sharding.Elements;
using Ckpt.Sharding.Views;

namespace Ckpt.Models.Adapters;

/// <summary>
/// A stored tensor with adapters merged into it, computed row by row when it is read: base and changes in float32, one rounding at the end. Rows are
/// counted over all axes but the last.
/// </summary>
sealed class MergedTensor : ComputedTensor
{
    /// <summary>Elements computed together: four buffers of them stay in the second cache.</summary>
    const int BatchElements = 1 << 15;

    readonly TensorSingles _base;
    readonly IReadOnlyList<AdapterStep> _steps;
    readonly FactorCache _cache;
    readonly IReadOnlyList<MergeTally> _tallies;
    readonly Dictionary<string, MergeTally> _tallyOf = new(StringComparer.Ordinal);
    readonly int _columns;
    readonly long _rows;
    readonly long _rowsPerMatrix;
    readonly int[] _tallied;

    internal MergedTensor(ICheckpointReader reader, TensorInfo tensor, DType dtype, IReadOnlyList<AdapterStep> steps, FactorCache cache)
        : base(tensor.Name, dtype, tensor.Shape, tensor.Boxes.Count > 0 ? tensor.Boxes[0].File : 0)
    {
        _base = new TensorSingles(reader, tensor);
        (_steps, _cache) = (steps, cache);
        _columns = (int)tensor.Shape[tensor.Shape.Rank - 1];
        _rows = tensor.Shape.Count / _columns;
        _rowsPerMatrix = tensor.Shape.Rank > 1 ? tensor.Shape[tensor.Shape.Rank - 2] : 1;
        _tallied = new int[(_rows + 31) / 32];
        foreach (var name in steps.SelectMany(static step => step.Deltas.All).Select(static delta => delta.Name)) { _tallyOf.TryAdd(name, new MergeTally(name, dtype)); }
        _tallies = [.. _tallyOf.Values];
    }

    public override long HeldBytes => _tallied.Length * 4L;

    /// <summary>What the merge did to each weight in this tensor; rows that nobody has read are computed for it.</summary>
    internal IEnumerable<MergeReceipt> Receipts(CancellationToken cancel)
    {
        var batch = new Batch(_columns, _rows);
        for (var row = 0L; row < _rows;)
        {
            cancel.ThrowIfCancellationRequested();
            var count = batch.CountFrom(row, _rows, _rowsPerMatrix);
            var open = false;
            for (var i = row; i < row + count; i++) { open |= (Volatile.Read(ref _tallied[i / 32]) >> (int)(i % 32) & 1) == 0; }
            if (open) { ComputeRows(batch, row, count); }
            row += count;
        }
        return _tallies.Select(static tally => tally.Receipt());
    }

    protected override void Compute(long first, Span<byte> elements)
    {
        var size = Info.DType.ByteSize();
        var batch = new Batch(_columns, ((first % _columns) + (elements.Length / size) + _columns - 1) / _columns);
        while (elements.Length > 0)
        {
            var (row, skip) = Math.DivRem(first, _columns);
            var wanted = (skip + (elements.Length / size) + _columns - 1) / _columns;
            var count = (int)Math.Min(wanted, batch.CountFrom(row, _rows, _rowsPerMatrix));
            ComputeRows(batch, row, count);
            var values = batch.After.AsSpan((int)skip, (int)Math.Min(elements.Length / size, (count * (long)_columns) - skip));
            ElementCast.Cast(DType.F32, MemoryMarshal.AsBytes(values), Info.DType, elements[..(values.Length * size)]);
            elements = elements[(values.Length * size)..];
            first += values.Length;
        }
    }

    /// <summary>Whole rows of one matrix, rounded, into the batch.</summary>
    void ComputeRows(Batch batch, long first, int count)
    {
        var used = count * _columns;
        var before = batch.Before.AsSpan(0, used);
        var exact = batch.Exact.AsSpan(0, used);
        _base.Read(RegionOf(first, count), exact);
        foreach (var copy in _steps.SelectMany(static step => step.Copies)) { Replace(copy, first, count, exact); }
        exact.CopyTo(before);
        batch.Active.Clear();
        foreach (var step in _steps) { step.Deltas.Find(first, count, batch.Active); }
        foreach (var delta in batch.Active) { Add(delta, first, count, exact, batch.Scratch); }
        var after = batch.After.AsSpan(0, used);
        exact.CopyTo(after);
        FloatElements.Round(Info.DType, after);
        CheckFinite(before, after);
        Tally(batch, first, count);
    }

    Box RegionOf(long first, int count)
    {
        var shape = _base.Info.Shape;
        var (offset, size) = (new long[shape.Rank], new long[shape.Rank]);
        Array.Fill(size, 1);
        size[^1] = _columns;
        if (shape.Rank > 1) { size[^2] = count; }
        var rest = first;
        for (var axis = shape.Rank - 2; axis >= 0; axis--) { (rest, offset[axis]) = Math.DivRem(rest, shape[axis]); }
        return new Box(offset, size);
    }

    static bool Meets(AxisRun rows, long first, int count, out AxisRun places, out AxisRun batchRows) =>
        rows.TryMeet(new AxisRun(first, 1, count), out places, out batchRows);

    void Replace(CopyPiece copy, long first, int count, Span<float> target)
    {
        if (!Meets(copy.Rows, first, count, out var places, out var rows)) { return; }
        var values = new float[copy.Columns.Count];
        for (var i = 0; i < rows.Count; i++)
        {
            // The saved tensor's region of this row: one index on the axis of rows, all of the columns.
            var source = copy.Runs.Left.ToArray();
            for (var axis = 0; axis < source.Length; axis++)
            {
                if (copy.Runs.RightAxis[axis] >= 0 && copy.Runs.RightAxis[axis] != copy.Runs.Right.Count - 1) { source[axis] = AxisRun.One(source[axis][places[i]]); }
            }
            copy.Saved.Read(new Box([.. source.Select(static run => run.Start)], [.. source.Select(static run => run.Count)]), values);
            for (var j = 0; j < values.Length; j++) { target[(int)((rows[i] * _columns) + copy.Columns[j])] = values[j]; }
        }
    }

    void Add(DeltaPiece delta, long first, int count, Span<float> target, float[] scratch)
    {
        if (!Meets(delta.Rows, first, count, out var places, out var rows)) { return; }
        var (left, right) = (_cache.Get(delta.Left), _cache.Get(delta.Right));
        var width = (int)delta.Columns.Count;
        var sources = places.Of(delta.SourceRows);
        LowRankKernel.Multiply(
            left.AsSpan((int)(sources.Start * delta.Rank)), (int)(sources.Step * delta.Rank), delta.Rank, right, width, delta.Scaling, scratch, width, (int)rows.Count, width);
        var magnitudes = delta.Magnitude is { } view ? _cache.Get(view) : null;
        for (var i = 0; i < rows.Count; i++)
        {
            var change = scratch.AsSpan(i * width, width);
            var row = target.Slice((int)(rows[i] * _columns), _columns);
            if (delta.Columns == new AxisRun(0, 1, _columns)) { TensorPrimitives.Add(row, change, row); }
            else
            {
                for (var j = 0; j < width; j++) { row[(int)delta.Columns[j]] += change[j]; }
            }
            if (magnitudes is not null) { TensorPrimitives.Multiply(row, magnitudes[sources[i]] / Norm(row), row); }
        }
    }

    /// <summary>ADP-5.2: in double precision, four sums by column modulo four, so that it is the same on every machine.</summary>
    static float Norm(ReadOnlySpan<float> row)
    {
        Span<double> sums = stackalloc double[4];
        sums.Clear();
        for (var i = 0; i < row.Length; i++) { sums[i & 3] += (double)row[i] * row[i]; }
        return (float)Math.Sqrt(sums[0] + sums[1] + sums[2] + sums[3]);
    }

    void CheckFinite(ReadOnlySpan<float> before, ReadOnlySpan<float> after)
    {
        if (TensorPrimitives.IsFiniteAll(after)) { return; }
        for (var i = 0; i < after.Length; i++)
        {
            if (!float.IsFinite(after[i]) && float.IsFinite(before[i])) { Throw.NotFinite(Name, Info.DType); }
        }
    }

    void Tally(Batch batch, long first, int count)
    {
        for (var row = first; row < first + count; row++)
        {
            var mask = 1 << (int)(row % 32);
            if ((Interlocked.Or(ref _tallied[row / 32], mask) & mask) != 0) { continue; }
            var at = (int)(row - first) * _columns;
            for (var i = 0; i < batch.Active.Count; i++)
            {
                var delta = batch.Active[i];
                if (!delta.Rows.TryMeet(AxisRun.One(row), out _, out _)) { continue; }
                // Adapters that change the same columns of one weight are counted together.
                if (IsCounted(batch.Active, i, row)) { continue; }
                if (delta.Columns.Step == 1) { TallyRun(delta.Name, batch, at + (int)delta.Columns.Start, (int)delta.Columns.Count); }
                else
                {
                    for (var j = 0; j < delta.Columns.Count; j++) { TallyRun(delta.Name, batch, at + (int)delta.Columns[j], 1); }
                }
            }
        }
    }

    static bool IsCounted(List<DeltaPiece> active, int index, long row)
    {
        for (var i = 0; i < index; i++)
        {
            if (active[i].Name == active[index].Name && active[i].Columns == active[index].Columns && active[i].Rows.TryMeet(AxisRun.One(row), out _, out _)) { return true; }
        }
        return false;
    }

    void TallyRun(string name, Batch batch, int from, int length) =>
        _tallyOf[name].Add(batch.Before.AsSpan(from, length), batch.Exact.AsSpan(from, length), batch.After.AsSpan(from, length), batch.Scratch);

    /// <summary>Buffers of one reader's computation.</summary>
    sealed class Batch
    {
        readonly int _rows;

        internal Batch(int columns, long wanted)
        {
            _rows = (int)Math.Max(1, Math.Min(wanted, BatchElements / columns));
            var size = checked(_rows * columns);
            (Before, Exact, After, Scratch) = (new float[size], new float[size], new float[size], new float[size]);
        }

        internal float[] Before { get; }

        internal float[] Exact { get; }

        internal float[] After { get; }

        internal float[] Scratch { get; }

        /// <summary>The changes that meet the rows at hand, adapter by adapter.</summary>
        internal List<DeltaPiece> Active { get; } = [];

        /// <summary>How many rows from here on go together: of one matrix, and as many as fit.</summary>
        internal int CountFrom(long row, long rows, long perMatrix) => (int)Math.Min(_rows, Math.Min(rows - row, perMatrix - (row % perMatrix)));
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void NotFinite(string name, DType dtype) => throw new MalformedCheckpointException(
            "ADP-5.7", name, $"a merged value does not fit {dtype.DisplayName()}, and the base's does; the adapter is broken, or --torch_dtype too narrow");
    }
}
