using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Numerics.Tensors;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Boxes;

namespace Ckpt.Models.Adapters;

/// <summary>
/// A factor as a kernel wants it: a matrix of an adapter, transposed or not, all of its columns or some; null: a single one.
/// </summary>
readonly record struct FactorView(FactorSource? Source, bool Transposed, AxisRun Columns);

/// <summary>Holds the factors used last, up to a number of bytes: neighbouring blocks of a tensor need the same ones.</summary>
sealed class FactorCache(long capacity)
{
    static readonly float[] s_one = [1];

    readonly Lock _lock = new();
    readonly ConcurrentDictionary<TensorInfo, FactorSource> _wholes = new(ReferenceEqualityComparer.Instance);
    readonly Dictionary<FactorView, LinkedListNode<(FactorView View, Lazy<float[]> Values)>> _held = [];
    readonly LinkedList<(FactorView View, Lazy<float[]> Values)> _order = new();
    long _bytes;

    /// <summary>The factor's elements, row-major.</summary>
    /// <exception cref="MalformedCheckpointException">ADP-1.11: an element is no finite number.</exception>
    internal float[] Get(FactorView view)
    {
        if (view.Source is not { } source) { return s_one; }
        Lazy<float[]> values;
        lock (_lock)
        {
            if (_held.TryGetValue(view, out var node)) { _order.Remove(node); }
            else
            {
                node = new((view, new Lazy<float[]>(() => Make(view, source))));
                _held.Add(view, node);
                _bytes += Bytes(view);
            }
            _order.AddLast(node);
            values = node.Value.Values;
            while (_bytes > capacity && _order.Count > 1)
            {
                var oldest = _order.First!;
                _order.RemoveFirst();
                _held.Remove(oldest.Value.View);
                _bytes -= Bytes(oldest.Value.View);
            }
        }
        return values.Value;
    }

    static long Bytes(FactorView view) => view.Source is { } source ? 4 * (view.Transposed ? source.Columns : source.Rows) * view.Columns.Count : 0;

    float[] Make(FactorView view, FactorSource source)
    {
        var values = source.Parts is [[var rows0, { Step: > 1 } columns0]] ? Picked(source, rows0, columns0) : source.Read();
        if (!TensorPrimitives.IsFiniteAll<float>(values)) { Throw.NotFinite(source); }
        var (rows, columns) = ((int)source.Rows, (int)source.Columns);
        if (view.Transposed) { (values, rows, columns) = (Transposed(values, rows, columns), columns, rows); }
        if (view.Columns == new AxisRun(0, 1, columns)) { return values; }
        var picked = new float[rows * view.Columns.Count];
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < view.Columns.Count; j++) { picked[(i * view.Columns.Count) + j] = values[(i * columns) + view.Columns[j]]; }
        }
        return picked;
    }

    /// <summary>Columns of all experts take turns in one matrix, which is read once for all of them.</summary>
    float[] Picked(FactorSource source, AxisRun rows, AxisRun columns)
    {
        var whole = _wholes.GetOrAdd(source.Tensor, tensor => FactorSource.Whole(source.Reader, tensor));
        var width = whole.Columns;
        var all = Get(new FactorView(whole, false, new AxisRun(0, 1, width)));
        var picked = new float[rows.Count * columns.Count];
        for (var i = 0; i < rows.Count; i++)
        {
            for (var j = 0; j < columns.Count; j++) { picked[(i * columns.Count) + j] = all[(rows[i] * width) + columns[j]]; }
        }
        return picked;
    }

    static float[] Transposed(float[] values, int rows, int columns)
    {
        var result = new float[values.Length];
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < columns; j++) { result[(j * rows) + i] = values[(i * columns) + j]; }
        }
        return result;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void NotFinite(FactorSource source) => throw new MalformedCheckpointException(
            "ADP-1.11", source.Tensor.Name, "holds a value that is infinite or no number; the adapter is broken");
    }
}
