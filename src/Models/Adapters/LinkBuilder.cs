using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Boxes;
using Ckpt.Sharding.Maps;

namespace Ckpt.Models.Adapters;

/// <summary>
/// Collects links given as runs of stored axes. Where runs of a left tensor step over indices, its links see a finer shape with the step as an axis
/// of its own; all such runs of one axis must step alike.
/// </summary>
sealed class LinkBuilder
{
    readonly Dictionary<string, int> _left = new(StringComparer.Ordinal);
    readonly List<long[]> _steps = [];
    readonly List<TensorInfo> _tensors = [];
    readonly Dictionary<string, int> _right = new(StringComparer.Ordinal);
    readonly List<MappedTensor> _rightTensors = [];
    readonly List<(int Left, AxisRun[] From, int Right, AxisRun[] To)> _links = [];
    readonly List<Padding> _paddings = [];
    readonly List<(string Name, string Of, string Rule)> _same = [];

    /// <summary>A tensor of the right side, by name.</summary>
    internal int Right(string name, Shape shape)
    {
        if (_right.TryGetValue(name, out var index)) { return index; }
        _right.Add(name, _rightTensors.Count);
        _rightTensors.Add(new MappedTensor(name, shape));
        return _rightTensors.Count - 1;
    }

    /// <summary>Says that runs of two tensors are the same elements; axes of more than one index correspond in order.</summary>
    internal void Add(TensorInfo left, AxisRun[] from, int right, AxisRun[] to)
    {
        if (!_left.TryGetValue(left.Name, out var index))
        {
            _left.Add(left.Name, index = _tensors.Count);
            _tensors.Add(left);
            _steps.Add([.. Enumerable.Repeat(1L, left.Shape.Rank)]);
        }
        for (var axis = 0; axis < from.Length; axis++)
        {
            if (from[axis].Count > 1) { _steps[index][axis] = Math.Max(_steps[index][axis], from[axis].Step); }
        }
        _links.Add((index, from, right, to));
    }

    /// <summary>Says that a tensor holds the same numbers as one that is linked; it is compared and not copied.</summary>
    internal void Same(TensorInfo tensor, TensorInfo linked, string rule) => _same.Add((tensor.Name, linked.Name, rule));

    internal void Pad(int right, Box box, string rule) => _paddings.Add(new Padding(right, box, rule));

    /// <summary>The map.</summary>
    internal TensorMap Build()
    {
        var left = _tensors.Select((tensor, i) => new MappedTensor(tensor.Name, Fine(tensor.Shape, _steps[i])) { StoredShape = tensor.Shape }).ToList();
        var links = _links.Select(link => new Link(link.Left, FineBox(link.From, _tensors[link.Left].Shape, _steps[link.Left]), link.Right, BoxOf(link.To))).ToArray();
        var aliases = _same.Where(same => !_left.ContainsKey(same.Name)).Select(same => new Alias(same.Name, _left[same.Of], same.Rule)).ToArray();
        return new TensorMap(MapSide.Of(left) with { Aliases = aliases }, new MapSide(_rightTensors, _paddings, [], []), links);
    }

    static Box BoxOf(AxisRun[] runs) => new([.. runs.Select(static run => run.Start)], [.. runs.Select(static run => run.Count)]);

    static Shape Fine(Shape shape, long[] steps)
    {
        var dims = new List<long>();
        for (var axis = 0; axis < shape.Rank; axis++)
        {
            if (steps[axis] == 1) { dims.Add(shape[axis]); }
            else { dims.Add(shape[axis] / steps[axis]); dims.Add(steps[axis]); }
        }
        return new Shape([.. dims]);
    }

    static Box FineBox(AxisRun[] runs, Shape shape, long[] steps)
    {
        var (offset, size) = (new List<long>(), new List<long>());
        for (var axis = 0; axis < shape.Rank; axis++)
        {
            var (run, step) = (runs[axis], steps[axis]);
            if (step == 1) { offset.Add(run.Start); size.Add(run.Count); continue; }
            offset.Add(run.Start / step);
            offset.Add(run.Start % step);
            // Steps of one are whole turns; a longer one takes one index of each turn.
            var turns = run.Step == step || run.Count == 1 ? run.Count : run.Count / step;
            size.Add(turns);
            size.Add(run.Step == step || run.Count == 1 ? 1 : step);
        }
        return new Box([.. offset], [.. size]);
    }
}
