using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Maps;

namespace Ckpt.Sharding.Quantised;

/// <summary>
/// Finds which tensors of a map's right side can take over the codes of the left side as they are: every block of scales must be a block of scales
/// on the other side too (QNT-4.2). Pure.
/// </summary>
sealed class ScaleLinks
{
    readonly TensorMap _map;
    readonly QuantisedTensor?[] _left;
    readonly string?[] _reasonOfRight;
    readonly QuantisedTensor?[] _blocksOfRight;

    internal ScaleLinks(TensorMap map, IReadOnlyDictionary<string, QuantisedTensor> tensors)
    {
        _map = map;
        _left = [.. map.Left.Tensors.Select(t => tensors.GetValueOrDefault(t.Name))];
        _reasonOfRight = new string?[map.Right.Tensors.Count];
        _blocksOfRight = new QuantisedTensor?[map.Right.Tensors.Count];
        foreach (var link in map.Links) { _blocksOfRight[link.Right] ??= _left[link.Left]; }
        foreach (var link in map.Links)
        {
            if (_blocksOfRight[link.Right] is { } blocks) { _reasonOfRight[link.Right] ??= Fault(link, blocks); }
        }
        Spread();
    }

    /// <summary>Whether the right tensor is made of quantised ones at all.</summary>
    internal bool IsQuantised(int right) => _blocksOfRight[right] is not null;

    /// <summary>Whether the right tensor takes over codes as they are.</summary>
    internal bool IsKept(int right) => IsQuantised(right) && Reason(right) is null;

    /// <summary>Why the right tensor cannot take over codes, or null where it can.</summary>
    internal string? Reason(int right) => _reasonOfRight[right];

    /// <summary>
    /// The right tensors that cannot take over codes but can be quantised anew: all they are made of is in blocks, and goes into nothing that is
    /// not.
    /// </summary>
    internal HashSet<int> Requantisable()
    {
        var rights = Enumerable.Range(0, _reasonOfRight.Length).Where(r => IsQuantised(r) && !IsKept(r)).ToHashSet();
        for (var before = -1; before != rights.Count;)
        {
            before = rights.Count;
            var numbers = new HashSet<int>();
            foreach (var link in _map.Links)
            {
                if (!rights.Contains(link.Right)) { numbers.Add(link.Left); }
            }
            foreach (var link in _map.Links)
            {
                if (!IsWhole(link.Left) || numbers.Contains(link.Left)) { rights.Remove(link.Right); }
            }
        }
        return rights;
    }

    /// <summary>In blocks, and of the shape that the map expects; where it has another, coverage says so.</summary>
    bool IsWhole(int left) => _left[left] is { IsFloat8Blocks: true } tensor && tensor.Shape == _map.Left.Tensors[left].StoredShape;

    /// <summary>Blocks of a right tensor, those of what it is made of.</summary>
    internal QuantisedTensor Blocks(int right) => _blocksOfRight[right]!;

    /// <summary>The part of the scales that belongs to a box on the grid.</summary>
    internal static Box Divide(Box box, BlockGrid grid)
    {
        var (offset, size) = (box.Offset.ToArray(), box.Size.ToArray());
        for (var axis = Math.Max(0, box.Rank - 2); axis < box.Rank; axis++)
        {
            var block = axis == box.Rank - 1 ? grid.BlockColumns : grid.BlockRows;
            offset[axis] /= block;
            size[axis] = BlockGrid.Blocks(size[axis], block);
        }
        return new Box(offset, size);
    }

    string? Fault(Link link, QuantisedTensor blocks)
    {
        var (left, right) = (_map.Left.Tensors[link.Left], _map.Right.Tensors[link.Right]);
        if (_left[link.Left] is not { } tensor) { return $"{left.Name} is not quantised, {blocks.Name} is"; }
        var grid = tensor.Grid;
        if (!tensor.IsFloat8Blocks) { return $"{left.Name} is {tensor.Table.Name} with scales of shape {tensor.Scale.Shape}, which are no blocks that can be joined"; }
        if ((grid.BlockRows, grid.BlockColumns) != (blocks.Grid.BlockRows, blocks.Grid.BlockColumns) || tensor.Codes.DType != blocks.Codes.DType || tensor.Scale.DType != blocks.Scale.DType)
        {
            return $"{left.Name} and {blocks.Name} are quantised in two ways";
        }
        if (link.Axes is not null || left.StoredShape != left.Shape || right.StoredShape != right.Shape || left.Shape.Rank < 2 || right.Shape.Rank < 2) { return $"{left.Name} changes its axes"; }
        if (!IsOnGrid(link.LeftBox, left.Shape, grid)) { return $"a part of {left.Name} starts or ends inside a block of {grid.BlockRows} x {grid.BlockColumns}: {link.LeftBox}"; }
        if (!IsOnGrid(link.RightBox, right.Shape, grid)) { return $"{left.Name} starts or ends inside a block of {grid.BlockRows} x {grid.BlockColumns}: {link.RightBox}"; }
        return SameTail(link.LeftBox, link.RightBox) ? null : $"{left.Name} changes its axes";
    }

    static bool IsOnGrid(Box box, Shape shape, BlockGrid grid) =>
        IsOnGrid(box, shape, box.Rank - 1, grid.BlockColumns) && (box.Rank < 2 || IsOnGrid(box, shape, box.Rank - 2, grid.BlockRows));

    static bool IsOnGrid(Box box, Shape shape, int axis, long block)
    {
        var end = box.Offset[axis] + box.Size[axis];
        return box.Offset[axis] % block == 0 && (end % block == 0 || end == shape[axis]);
    }

    /// <summary>Rows are rows and columns are columns on both sides, also where one of them has size 1.</summary>
    static bool SameTail(Box left, Box right) => left.Size[^1] == right.Size[^1] && left.Size[^2] == right.Size[^2];

    /// <summary>A left tensor is seen in one way only: what it goes into is kept together or not at all.</summary>
    void Spread()
    {
        var changed = true;
        while (changed)
        {
            changed = false;
            var lost = new string?[_map.Left.Tensors.Count];
            foreach (var link in _map.Links)
            {
                if (_reasonOfRight[link.Right] is not null) { lost[link.Left] ??= _map.Right.Tensors[link.Right].Name; }
            }
            foreach (var link in _map.Links)
            {
                if (lost[link.Left] is not { } other || _reasonOfRight[link.Right] is not null) { continue; }
                _reasonOfRight[link.Right] = $"{_map.Left.Tensors[link.Left].Name} also goes into {other}, which cannot take over its codes";
                changed |= _blocksOfRight[link.Right] is not null;
            }
        }
    }
}
