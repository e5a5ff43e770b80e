using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Boxes;
using Ckpt.Sharding.Elements;
using Ckpt.Sharding.Maps;

namespace Ckpt.Sharding.Plans;

/// <summary>Intersects source, map and layout into a <see cref="CopyPlan"/>. Pure.</summary>
public sealed class CopyPlanner
{
    readonly IReadOnlyList<TensorInfo> _source;
    readonly TensorMap _map;
    readonly CheckpointLayout _layout;
    readonly int[] _sourceOfLeft;
    readonly BoxIndex?[] _storedIndex;
    readonly LinkAxes[] _axes;
    readonly AxisSplits[] _splitsOfLeft;
    readonly AxisSplits[] _splitsOfRight;
    readonly SortedSet<string> _casts = new(StringComparer.Ordinal);
    readonly Dictionary<(int Tensor, int Box), (Piece Piece, long Bytes)> _made = [];
    readonly List<RegionCopy> _copies = [];
    readonly List<(int Index, Box Common)> _found = [];
    readonly List<(int Index, Box Common)> _parts = [];
    long _copied;
    long _zeros;
    long _bytesRead;

    CopyPlanner(IReadOnlyList<TensorInfo> source, TensorMap map, CheckpointLayout layout)
    {
        (_source, _map, _layout) = (source, map, layout);
        var byName = new Dictionary<string, int>(source.Count, StringComparer.Ordinal);
        for (var i = 0; i < source.Count; i++) { byName.Add(source[i].Name, i); }
        _sourceOfLeft = new int[map.Left.Tensors.Count];
        for (var i = 0; i < _sourceOfLeft.Length; i++)
        {
            var left = map.Left.Tensors[i];
            if (!byName.TryGetValue(left.Name, out var index)) { Throw.Missing(left.Name); }
            if (source[index].Shape != left.StoredShape) { Throw.OtherShape(left, source[index].Shape); }
            _sourceOfLeft[i] = index;
        }
        _splitsOfLeft = [.. map.Left.Tensors.Select(static t => AxisSplits.Of(t.StoredShape, t.Shape))];
        _splitsOfRight = [.. map.Right.Tensors.Select(static t => AxisSplits.Of(t.StoredShape, t.Shape))];
        _storedIndex = new BoxIndex?[map.Left.Tensors.Count];
        _axes = new LinkAxes[map.Links.Count];
        for (var i = 0; i < _axes.Length; i++) { _axes[i] = LinkAxes.Of(map.Links[i]); }
    }

    /// <summary>
    /// Plans the copies that fill <paramref name="layout"/> from <paramref name="source"/>, whose tensors are the map's left side. The
    /// layout's targets are tensors of the map's right side, in any order and number of boxes.
    /// </summary>
    /// <exception cref="MalformedCheckpointException">SHD-2.1: an element of the target would be written never, or twice. SHD-2.2: a source tensor lacks or has another shape.</exception>
    /// <exception cref="UnsupportedCheckpointException">NUM-1.2: a cast that there is no rule for.</exception>
    public static CopyPlan Plan(IReadOnlyList<TensorInfo> source, TensorMap map, CheckpointLayout layout, MapCoverage? coverage = null)
    {
        coverage ??= MapCoverage.Of(source, map.Left);
        var planner = new CopyPlanner(source, map, layout);
        var pieces = planner.Pieces();
        var written = 0L;
        foreach (var file in layout.Files) { written += file.Length; }
        var ledger = new Ledger(
            source.Count, layout.Tensors.Count, planner._copied, planner._zeros, planner._bytesRead, written,
            planner.Dropped(coverage), coverage.Aliases, [.. planner._casts]);
        return new CopyPlan(source, layout, pieces, ledger);
    }

    List<Piece> Pieces()
    {
        var rightByName = new Dictionary<string, int>(_map.Right.Tensors.Count, StringComparer.Ordinal);
        for (var i = 0; i < _map.Right.Tensors.Count; i++) { rightByName.Add(_map.Right.Tensors[i].Name, i); }
        var linksOf = LinksByRight();
        var linkIndex = new (BoxIndex Index, int[] Links)?[_map.Right.Tensors.Count];
        var pieces = new List<Piece>();
        var covered = _layout.Tensors.Select(static t => new bool[t.Boxes.Count]).ToArray();
        for (var f = 0; f < _layout.Files.Count; f++)
        {
            for (var r = 0; r < _layout.Files[f].Data.Count; r++)
            {
                var range = _layout.Files[f].Data[r];
                var target = _layout.Tensors[range.Tensor];
                if (!rightByName.TryGetValue(target.Name, out var right)) { Throw.UnknownTarget(target.Name); }
                if (_map.Right.Tensors[right].StoredShape != target.Shape) { Throw.OtherShape(_map.Right.Tensors[right], target.Shape); }
                var index = linkIndex[right] ??= IndexRight(right, linksOf[right]);
                pieces.Add(PieceOf(f, r, target, range, right, index.Index, index.Links));
                covered[range.Tensor][range.Box] = true;
                foreach (var joined in range.Joined ?? []) { covered[range.Tensor][joined] = true; }
            }
        }
        CheckTargets(covered);
        return pieces;
    }

    /// <summary>SHD-2.1: links and paddings are disjoint and fill the tensor.</summary>
    (BoxIndex Index, int[] Links) IndexRight(int right, List<int> links)
    {
        var tensor = _map.Right.Tensors[right];
        var boxes = new List<Box>(links.Count);
        var volume = 0L;
        foreach (var link in links)
        {
            boxes.Add(_map.Links[link].RightBox);
            volume += _map.Links[link].RightBox.Volume;
        }
        var padding = 0L;
        foreach (var pad in _map.Right.Paddings)
        {
            if (pad.Tensor != right) { continue; }
            boxes.Add(pad.Box);
            padding += pad.Box.Volume;
        }
        var index = new BoxIndex(tensor.Shape, boxes);
        if (index.FindOverlap() is { } overlap) { Throw.WrittenTwice(tensor.Name, boxes[overlap.A], boxes[overlap.B]); }
        if (volume + padding != tensor.Shape.Count) { Throw.NotWritten(tensor.Name, volume + padding, tensor.Shape.Count); }
        return (index, [.. links]);
    }

    Piece PieceOf(int file, int rangeIndex, TensorTarget target, DataRange range, int right, BoxIndex index, int[] links)
    {
        var isPlain = range.Order is null && range.Joined is null;
        if (isPlain && _made.TryGetValue((range.Tensor, range.Box), out var same) && range.Length == target.DType.ByteLength(target.Boxes[range.Box].Volume)) { return Again(file, rangeIndex, target.Boxes[range.Box], same.Piece, same.Bytes); }
        var joined = RangeAxes.Shape(target, range);
        if (range.Length != target.DType.ByteLength(joined.Count)) { Throw.RangeLength(target.Name, range.Length, target.DType.ByteLength(joined.Count)); }
        var splits = _splitsOfRight[right];
        var stored = RangeAxes.Strides(joined, range.Order);
        long[] strides = splits.IsIdentity ? stored : [.. splits.StoredAxis.Select((axis, fine) => stored[axis] * splits.Factor[fine])];
        _copies.Clear();
        var (filled, place, read) = (0L, 0L, _bytesRead);
        for (var i = 0; i <= (range.Joined?.Count ?? 0); i++)
        {
            var box = target.Boxes[i == 0 ? range.Box : range.Joined![i - 1]];
            filled += AddCopies(splits.Refine(box, target.Name), strides, place, target, index, links);
            if (range.Joined is not null) { place += box.Size[range.JoinAxis] * stored[range.JoinAxis]; }
        }
        if (_copies.Count > 1) { _copies.Sort(static (a, b) => a.TargetStart.CompareTo(b.TargetStart)); }
        var zeros = joined.Count - filled;
        _copied += filled;
        _zeros += zeros;
        var piece = new Piece(file, rangeIndex, _copies.ToArray(), zeros);
        if (isPlain) { _made.TryAdd((range.Tensor, range.Box), (piece, _bytesRead - read)); }
        return piece;
    }

    /// <summary>A box that lies in another range too, which every rank has: its copies are planned and kept once.</summary>
    Piece Again(int file, int range, Box box, Piece piece, long read)
    {
        _copied += box.Volume - piece.Zeros;
        _zeros += piece.Zeros;
        _bytesRead += read;
        return new Piece(file, range, piece);
    }

    /// <summary>Adds the copies that fill one box of a range, which begins at <paramref name="place"/> of it.</summary>
    /// <returns>Elements they fill.</returns>
    long AddCopies(Box box, long[] strides, long place, TensorTarget target, BoxIndex index, int[] links)
    {
        _found.Clear();
        index.Find(box, _found);
        var filled = 0L;
        foreach (var (at, common) in _found)
        {
            if (at >= links.Length) { continue; } // a padding
            var link = _map.Links[links[at]];
            var axes = _axes[links[at]];
            CheckCast(_source[_sourceOfLeft[link.Left]], target);
            var wanted = LinkAxes.Project(common, link.RightBox, axes.Right, link.LeftBox, axes.Left);
            _parts.Clear();
            FindStored(link.Left, wanted);
            foreach (var (storedBox, part) in _parts)
            {
                var there = LinkAxes.Project(part, link.LeftBox, axes.Left, link.RightBox, axes.Right);
                _copies.Add(CopyOf(link.Left, storedBox, part, axes, there, box, strides, place));
                filled += part.Volume;
            }
        }
        return filled;
    }

    RegionCopy CopyOf(int left, int storedBox, Box part, LinkAxes axes, Box there, Box target, long[] strides, long place)
    {
        var source = _sourceOfLeft[left];
        var splits = _splitsOfLeft[left];
        var stored = _source[source].Boxes[storedBox].Box;
        var start = new long[stored.Rank];
        for (var axis = 0; axis < part.Rank; axis++) { start[splits.StoredAxis[axis]] += part.Offset[axis] * splits.Factor[axis]; }
        for (var axis = 0; axis < start.Length; axis++) { start[axis] -= stored.Offset[axis]; }
        for (var axis = 0; axis < strides.Length; axis++) { place += (there.Offset[axis] - target.Offset[axis]) * strides[axis]; }
        _bytesRead += _source[source].DType.ByteLength(part.Volume);
        var order = RangeAxes.SlowestFirst(axes.Right, strides);
        var (extents, steps) = (new long[order.Length], new long[order.Length]);
        if (splits.IsIdentity && RangeAxes.Ones(order) is { } ones)
        {
            for (var i = 0; i < extents.Length; i++) { (extents[i], steps[i]) = (part.Size[axes.Left[i]], strides[axes.Right[i]]); }
            return new RegionCopy(source, storedBox, start, axes.Left, ones, place, steps, extents);
        }
        var (sourceAxes, sourceSteps) = (new int[order.Length], new long[order.Length]);
        for (var i = 0; i < order.Length; i++)
        {
            var axis = axes.Left[order[i]];
            (sourceAxes[i], sourceSteps[i]) = (splits.StoredAxis[axis], splits.Factor[axis]);
            (extents[i], steps[i]) = (part.Size[axis], strides[axes.Right[order[i]]]);
        }
        return new RegionCopy(source, storedBox, start, sourceAxes, sourceSteps, place, steps, extents);
    }

    /// <summary>The stored boxes that hold any of what is wanted; nearly always the only one there is.</summary>
    void FindStored(int left, Box wanted)
    {
        var tensor = _source[_sourceOfLeft[left]];
        if (tensor.Boxes is [var only] && _splitsOfLeft[left].IsIdentity && only.Box.IsInside(tensor.Shape))
        {
            if (only.Box.Volume != tensor.Shape.Count) { Throw.NotStored(tensor.Name, only.Box.Volume, tensor.Shape.Count); }
            if (only.Box.TryIntersect(wanted, out var common)) { _parts.Add((0, common)); }
            return;
        }
        IndexStored(left).Find(wanted, _parts);
    }

    /// <summary>SHD-2.2: what the stored boxes leave of a source tensor cannot be written.</summary>
    BoxIndex IndexStored(int left)
    {
        if (_storedIndex[left] is { } index) { return index; }
        var tensor = _source[_sourceOfLeft[left]];
        var volume = 0L;
        var boxes = new Box[tensor.Boxes.Count];
        for (var i = 0; i < boxes.Length; i++)
        {
            boxes[i] = _splitsOfLeft[left].Refine(tensor.Boxes[i].Box, tensor.Name);
            volume += boxes[i].Volume;
        }
        if (volume != tensor.Shape.Count) { Throw.NotStored(tensor.Name, volume, tensor.Shape.Count); }
        return _storedIndex[left] = new BoxIndex(_map.Left.Tensors[left].Shape, boxes);
    }

    void CheckCast(TensorInfo source, TensorTarget target)
    {
        if (source.DType == target.DType) { return; }
        if (!ElementCast.IsKnown(source.DType, target.DType)) { Throw.UnknownCast(source, target); }
        _casts.Add($"{source.DType.DisplayName()} to {target.DType.DisplayName()}");
    }

    void CheckTargets(bool[][] covered)
    {
        for (var i = 0; i < covered.Length; i++)
        {
            var target = _layout.Tensors[i];
            var written = 0L;
            for (var box = 0; box < covered[i].Length; box++) { written += covered[i][box] ? target.Boxes[box].Volume : 0; }
            if (written != target.Shape.Count) { Throw.NotWritten(target.Name, written, target.Shape.Count); }
        }
    }

    List<int>[] LinksByRight()
    {
        var lists = new List<int>[_map.Right.Tensors.Count];
        for (var i = 0; i < lists.Length; i++) { lists[i] = []; }
        for (var i = 0; i < _map.Links.Count; i++) { lists[_map.Links[i].Right].Add(i); }
        return lists;
    }

    List<DroppedTensor> Dropped(MapCoverage coverage)
    {
        var dropped = new List<DroppedTensor>(coverage.Dropped);
        foreach (var pad in _map.Left.Paddings) { dropped.Add(new DroppedTensor(_map.Left.Tensors[pad.Tensor].Name, pad.Box.Volume, pad.Rule)); }
        return dropped;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Missing(string name) =>
            throw new MalformedCheckpointException("SHD-2.2", name, "the map reads this tensor, the source has none of this name");

        [DoesNotReturn]
        internal static void OtherShape(MappedTensor expected, Shape found) =>
            throw new MalformedCheckpointException("SHD-2.2", expected.Name, $"found shape {found}, expected {expected.Shape}");

        [DoesNotReturn]
        internal static void UnknownTarget(string name) =>
            throw new MalformedCheckpointException("SHD-2.1", name, "nothing in the map fills this target");

        [DoesNotReturn]
        internal static void WrittenTwice(string name, Box a, Box b) =>
            throw new MalformedCheckpointException("SHD-2.1", name, $"boxes {a} and {b} would both be written, and share elements");

        [DoesNotReturn]
        internal static void NotWritten(string name, long found, long expected) =>
            throw new MalformedCheckpointException("SHD-2.1", name, $"{found} of {expected} elements would be written");

        [DoesNotReturn]
        internal static void NotStored(string name, long found, long expected) =>
            throw new MalformedCheckpointException("SHD-2.2", name, $"its stored boxes hold {found} of {expected} elements");

        [DoesNotReturn]
        internal static void RangeLength(string name, long found, long expected) =>
            throw new MalformedCheckpointException("SHD-2.1", name, $"the layout gives a box {found} bytes, it has {expected}");

        [DoesNotReturn]
        internal static void UnknownCast(TensorInfo source, TensorTarget target) => throw new UnsupportedCheckpointException(
            "NUM-1.2", source.Name, $"cannot be cast from {source.DType.DisplayName()} to {target.DType.DisplayName()}; casts are between float64, float32, float16, bfloat16 and the float8 types");
    }
}
