using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Elements;
using Ckpt.Sharding.Plans;

namespace Ckpt.Sharding.Running;

/// <summary>
/// Fills any byte range of a piece from the source. One per thread: it owns the window that short, strided or cast elements are read
/// through.
/// </summary>
sealed class BlockAssembler(ICheckpointReader reader, int windowBytes)
{
    /// <summary>From here on a read of its own is cheaper than a pass through the window (measured: a call costs about as much as copying 2 KiB).</summary>
    const int DirectBytes = 4096;

    /// <summary>How far ahead of a long run the disk is asked to begin: the blocks of the threads beside this one, and a little more.</summary>
    const int AheadBytes = 16 << 20;

    /// <summary>Bytes scattered at a time where elements change places; cast through a buffer of this size.</summary>
    const int ScatterBytes = 8192;

    readonly SourceWindow _window = new(windowBytes);
    TileTransposer? _transposer;
    readonly byte[] _cast = new byte[ScatterBytes];
    RegionAxes _axes;
    DType _from;
    DType _to;

    /// <summary>Fills <paramref name="target"/> with the piece's bytes from <paramref name="start"/>, a whole number of elements.</summary>
    internal void Fill(CopyPlan plan, Piece piece, DType to, long start, Span<byte> target)
    {
        if (piece.Zeros > 0) { target.Clear(); }
        if (to.ByteSize() == 0) { FillPacked(plan, piece, to, start, target); return; }
        var first = start / to.ByteSize();
        var end = first + (target.Length / to.ByteSize());
        for (var i = piece.FirstReaching(first); i < piece.Copies.Count && piece.Copies[i].TargetStart < end; i++)
        {
            var copy = piece.Copies[i];
            if (copy.TargetLast < first) { continue; }
            var tensor = plan.Source[copy.SourceTensor];
            var payload = reader.Locate(tensor, copy.SourceBox);
            (_from, _to) = (tensor.DType, to);
            _axes = RegionAxes.Of(copy, payload.Strides);
            _window.Attach(payload.Source, payload.Offset + (_axes.SourceLast * _from.ByteSize()) + _from.ByteSize());
            if (_axes.IsRunOfSource) { CopyRuns(0, payload.Offset + (_axes.SourceStart * _from.ByteSize()), copy.TargetStart, first, end, target); }
            else { CopyStrided(payload.Offset, copy.TargetStart, first, end, target); }
        }
    }

    /// <summary>Innermost axis contiguous on both sides: whole runs, pruned to [first, end).</summary>
    void CopyRuns(int axis, long source, long place, long first, long end, Span<byte> target)
    {
        if (axis == _axes.Extents.Length - 1)
        {
            var skip = Math.Max(0, first - place);
            var stop = Math.Min(_axes.Extents[axis], end - place);
            if (stop > skip) { CopyRun(source + (skip * _from.ByteSize()), target.Slice((int)((place + skip - first) * _to.ByteSize()), (int)((stop - skip) * _to.ByteSize()))); }
            return;
        }
        var step = _axes.TargetStrides[axis];
        var inner = _axes.TargetSpans[axis + 1];
        var low = first <= place + inner ? 0 : (first - place - inner + step - 1) / step;
        var high = Math.Min(_axes.Extents[axis] - 1, (end - 1 - place) / step);
        for (var i = low; i <= high; i++)
        {
            CopyRuns(axis + 1, source + (i * _axes.SourceStrides[axis] * _from.ByteSize()), place + (i * step), first, end, target);
        }
    }

    void CopyRun(long source, Span<byte> target)
    {
        if (_from == _to)
        {
            if (target.Length >= DirectBytes || target.Length > _window.Capacity)
            {
                if (target.Length >= AheadBytes / 4) { _window.WillNeed(source, target.Length + AheadBytes); }
                _window.Source.ReadExactly(source, target);
            }
            else { _window.ReadShort(source, target.Length).CopyTo(target); }
            return;
        }
        var most = _window.Capacity / _from.ByteSize() * _to.ByteSize();
        while (target.Length > 0)
        {
            var part = target[..Math.Min(most, target.Length)];
            var bytes = part.Length / _to.ByteSize() * _from.ByteSize();
            ElementCast.Cast(_from, _window.Read(source, bytes), _to, part);
            source += bytes;
            target = target[part.Length..];
        }
    }

    /// <summary>Along the source's own order, so that reads are long: each run of its fastest axis is scattered to where the target has it.</summary>
    void CopyStrided(long payload, long targetStart, long first, long end, Span<byte> target)
    {
        var order = _axes.BySourceStride();
        var (low, high) = _axes.RowsOf(targetStart, first, end);
        if (high < low) { return; }
        var run = order[^1];
        if (PlaneOrder(run) is { } outer)
        {
            CopyPlanes(outer, 0, run, payload + (_axes.SourceStart * _from.ByteSize()), targetStart, first, end, target);
            return;
        }
        var at = new long[order.Length];
        at[0] = low;
        while (true)
        {
            var source = _axes.SourceStart;
            var place = targetStart;
            for (var axis = 0; axis < at.Length; axis++)
            {
                source += at[axis] * _axes.SourceStrides[axis];
                place += at[axis] * _axes.TargetStrides[axis];
            }
            // The run's axis stands at its first index: what of it lies in the block.
            var step = _axes.TargetStrides[run];
            var skip = place >= first ? 0 : (first - place + step - 1) / step;
            var count = (run == 0 ? high - low : _axes.Extents[run] - 1) + 1;
            var stop = place >= end ? 0 : Math.Min(count, ((end - 1 - place) / step) + 1);
            if (stop > skip) { ScatterRun(payload, source + (skip * _axes.SourceStrides[run]), run, (int)(place + (skip * step) - first), (int)(stop - skip), target); }
            var k = order.Length - 2;
            for (; k >= 0; k--)
            {
                var axis = order[k];
                if (at[axis] < (axis == 0 ? high : _axes.Extents[axis] - 1)) { at[axis]++; break; }
                at[axis] = axis == 0 ? low : 0;
            }
            if (k < 0) { return; }
        }
    }

    /// <summary>The axes outside a plane of the source's fastest axis and the target's, which is transposed tile by tile; null where there is no such plane.</summary>
    int[]? PlaneOrder(int run)
    {
        var lane = _axes.Extents.Length - 1;
        if (run == lane || _axes.SourceStrides[run] != 1 || _axes.TargetStrides[lane] != 1 || _axes.TargetStrides[run] < _axes.Extents[lane]) { return null; }
        var outer = new int[lane - 1];
        for (var (axis, next) = (0, 0); axis < lane; axis++)
        {
            if (axis != run) { outer[next++] = axis; }
        }
        return outer;
    }

    /// <summary>Every plane that has elements in [first, end).</summary>
    void CopyPlanes(int[] outer, int depth, int run, long source, long place, long first, long end, Span<byte> target)
    {
        if (depth == outer.Length)
        {
            CopyPlane(run, source, place, first, end, target);
            return;
        }
        var axis = outer[depth];
        var step = _axes.TargetStrides[axis];
        var inner = ((_axes.Extents[run] - 1) * _axes.TargetStrides[run]) + _axes.TargetSpans[^2];
        for (var i = depth + 1; i < outer.Length; i++) { inner += (_axes.Extents[outer[i]] - 1) * _axes.TargetStrides[outer[i]]; }
        var low = first <= place + inner ? 0 : (first - place - inner + step - 1) / step;
        var high = Math.Min(_axes.Extents[axis] - 1, (end - 1 - place) / step);
        for (var i = low; i <= high; i++)
        {
            CopyPlanes(outer, depth + 1, run, source + (i * _axes.SourceStrides[axis] * _from.ByteSize()), place + (i * step), first, end, target);
        }
    }

    /// <summary>A plane's columns in [first, end): whole ones together, and those that the ends cut through.</summary>
    void CopyPlane(int run, long source, long place, long first, long end, Span<byte> target)
    {
        var (rows, step) = (_axes.Extents[^1], _axes.TargetStrides[run]);
        if (place >= end) { return; }
        var column = Math.Max(0, first - place - rows + step) / step;
        var last = Math.Min(_axes.Extents[run] - 1, (end - 1 - place) / step);
        while (column <= last)
        {
            var at = place + (column * step);
            var (top, bottom) = (Math.Max(0, first - at), Math.Min(rows, end - at));
            // Whole columns, as many as end inside.
            var columns = top == 0 && bottom == rows ? Math.Min(last, (end - rows - place) / step) - column + 1 : 1;
            if (bottom > top)
            {
                (_transposer ??= new TileTransposer(_window)).Copy(
                    _from, source + (((top * _axes.SourceStrides[^1]) + column) * _from.ByteSize()), _axes.SourceStrides[^1] * _from.ByteSize(), (int)(bottom - top), (int)columns,
                    _to, target[(int)((at + top - first) * _to.ByteSize())..], columns == 1 ? 0 : (int)(step * _to.ByteSize()));
            }
            column += columns;
        }
    }

    /// <summary>Elements along one axis, neighbours of the source or not, to places of the block that are a stride apart.</summary>
    void ScatterRun(long payload, long source, int axis, int place, int count, Span<byte> target)
    {
        var (from, to, step) = (_from.ByteSize(), _to.ByteSize(), (int)_axes.TargetStrides[axis]);
        if (_axes.SourceStrides[axis] != 1)
        {
            for (var i = 0; i < count; i++)
            {
                var bytes = _window.Read(payload + ((source + (i * _axes.SourceStrides[axis])) * from), from);
                ElementCast.Cast(_from, bytes, _to, target.Slice((place + (i * step)) * to, to));
            }
            return;
        }
        while (count > 0)
        {
            var part = Math.Min(count, Math.Min(ScatterBytes / Math.Max(from, to), _window.Capacity / from));
            var bytes = _window.ReadShort(payload + (source * from), part * from);
            if (_from != _to)
            {
                ElementCast.Cast(_from, bytes, _to, _cast.AsSpan(0, part * to));
                bytes = _cast.AsSpan(0, part * to);
            }
            Scatter.Strided(bytes, to, target[(place * to)..], step);
            (source, place, count) = (source + part, place + (part * step), count - part);
        }
    }

    /// <summary>Sub-byte elements (F4, F6) move only as whole boxes: SHD-2.5.</summary>
    void FillPacked(CopyPlan plan, Piece piece, DType to, long start, Span<byte> target)
    {
        if (piece.Copies.Count == 0) { return; }
        var copy = piece.Copies[0];
        var tensor = plan.Source[copy.SourceTensor];
        var payload = reader.Locate(tensor, copy.SourceBox);
        if (piece.Copies.Count != 1 || piece.Zeros != 0 || tensor.DType != to || copy.Count != tensor.Boxes[copy.SourceBox].Box.Volume)
        {
            throw new Formats.UnsupportedCheckpointException("SHD-2.5", tensor.Name, $"{to.DisplayName()} elements are not whole bytes; they are copied only in whole stored boxes");
        }
        payload.Source.ReadExactly(payload.Offset + start, target);
    }
}
