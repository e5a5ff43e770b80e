using Ckpt.Formats.Tensors;
using Ckpt.Models.Families;
using Ckpt.Sharding.Maps;

namespace Ckpt.Models.Bridge;

/// <summary>
/// The axes of one tensor of a table row for one model: layers and experts where the name has none of them, then the row's own axes. Makes the
/// tensor's shapes and the boxes of its rows.
/// </summary>
sealed class RowAxes
{
    readonly List<(Role Role, long Size)> _axes = [];
    readonly NamePattern _pattern;
    readonly HeldAs _heldAs;
    readonly bool _isTransposed;
    readonly double _added;

    internal RowAxes(RowTensor tensor, FamilyRow row, ResolvedBridge bridge, NamePattern pattern, FamilySide side)
    {
        (_pattern, _heldAs, _isTransposed) = (pattern, tensor.HeldAs, tensor.IsTransposed);
        _added = tensor.Added;
        if (row.Each != Each.Model && !pattern.HasLayer) { _axes.Add((Role.Layer, bridge.Config.Layers)); }
        if (row.Each == Each.Expert && !pattern.HasExpert) { _axes.Add((Role.Expert, bridge.Config.Experts)); }
        for (var one = 0; one < tensor.Ones; one++) { _axes.Add((Role.Nothing, 1)); }
        if (!tensor.IsTransposed) { AddRows(); }
        foreach (var (index, dim) in row.Rest.Index()) { _axes.Add((Role.Rest + index, bridge.Size(dim))); }
        if (tensor.IsTransposed) { AddRows(); }

        void AddRows()
        {
            if (row.TakeTurns(tensor))
            {
                _axes.Add((Role.Rows, bridge.Size(tensor.Groups)));
                _axes.Add((Role.Turn, tensor.Parts.Count));
                return;
            }
            _axes.Add((Role.Rows, tensor.Parts.Sum(part => row.Parts[part] == Dim.Vocab && side == FamilySide.Megatron ? bridge.PaddedVocab : bridge.Size(row.Parts[part]))));
        }
    }

    /// <summary>What an axis is of; behind <see cref="Rest"/> come the axes of the row's rest.</summary>
    enum Role
    {
        Nothing,
        Layer,
        Expert,
        Turn,
        Rows,
        Rest,
    }

    internal NamePattern Pattern => _pattern;

    /// <summary>The tensor, still named by its pattern.</summary>
    internal MappedTensor Tensor
    {
        get
        {
            var shape = new Shape([.. _axes.Select(static axis => axis.Size)]);
            var mapped = new MappedTensor(_pattern.Text, shape) { HeldAs = _heldAs, Added = _added };
            var turn = _axes.FindIndex(static axis => axis.Role == Role.Turn);
            if (turn < 0) { return mapped; }
            var stored = shape.ToArray().ToList();
            stored[turn - 1] *= stored[turn];
            stored.RemoveAt(turn);
            return mapped with { StoredShape = new Shape([.. stored]) };
        }
    }

    /// <summary>Consecutive rows of a layer's expert, or of <paramref name="experts"/> experts from that one on.</summary>
    internal Box Box(int layer, int expert, long experts, RowPlace place, long rows)
    {
        var (start, size) = (new long[_axes.Count], new long[_axes.Count]);
        for (var i = 0; i < start.Length; i++)
        {
            (start[i], size[i]) = _axes[i].Role switch
            {
                Role.Nothing => (0, 1),
                Role.Layer => (layer, 1),
                Role.Expert => (expert, experts),
                Role.Turn => (place.Turn, 1),
                Role.Rows => (place.Offset, rows),
                _ => (0, _axes[i].Size),
            };
        }
        return new Box(start, size);
    }

    /// <summary>For each axis the axis of the other tensor that is of the same, or -1; null where all come in the same order.</summary>
    internal int[]? Beside(RowAxes other) => _isTransposed == other._isTransposed ? null
        : [.. _axes.Select(axis => axis.Role is Role.Nothing or Role.Turn ? -1 : other._axes.FindIndex(there => there.Role == axis.Role))];
}
