using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Boxes;
using Ckpt.Sharding.Views;

namespace Ckpt.Models.Megatron.Optimizer;

/// <summary>Collects, for each state of each model tensor, the boxes that lie in grad buffers.</summary>
sealed class BufferViews(IReadOnlyDictionary<string, TensorInfo> model)
{
    readonly Dictionary<string, Parts> _parts = new(StringComparer.Ordinal);

    /// <summary>Adds what a placed parameter has in its bucket; replicas of boxes that are there already are passed over (STA-3.6).</summary>
    internal void Add(PlacedParameter placed, IReadOnlyDictionary<string, FlatState> states)
    {
        if (!placed.Parameter.IsOriginal) { return; }
        foreach (var (state, flat) in states)
        {
            var name = LogicalNames.Of(state, placed.Parameter.Key);
            if (!_parts.TryGetValue(name, out var parts)) { _parts.Add(name, parts = new Parts(placed.Parameter.Key, flat.DType)); }
            parts.Add(placed, flat);
        }
    }

    /// <summary>The tensors, in order of their names' first appearance; faults are those whose boxes do not cover the model's tensor once.</summary>
    internal List<RunTensor> Make(List<(string Name, TilingFault Fault)> faults)
    {
        var views = new List<RunTensor>(_parts.Count);
        foreach (var (name, parts) in _parts)
        {
            var shape = model[parts.Key].Shape;
            var fault = BoxTiling.Check(shape, [.. parts.Boxes.Select(static box => box.Box)]);
            if (fault != TilingFault.None) { faults.Add((name, fault)); continue; }
            views.Add(new RunTensor(name, parts.DType, shape, parts.Runs, parts.Boxes));
        }
        return views;
    }

    sealed class Parts(string key, DType dtype)
    {
        readonly HashSet<Box> _have = [];
        readonly Dictionary<StoredRun, int> _runs = new(ReferenceEqualityComparer.Instance);

        internal string Key => key;

        internal DType DType => dtype;

        internal List<StoredRun> Runs { get; } = [];

        internal List<BoxInRun> Boxes { get; } = [];

        internal void Add(PlacedParameter placed, FlatState flat)
        {
            var tensor = placed.Parameter.Tensor;
            var wanted = tensor.Boxes.Where(box => _have.Add(box.Global)).ToArray();
            if (wanted.Length == 0) { return; }
            var strides = tensor.Shape.RowMajorStrides();
            var done = 0L;
            foreach (var (run, first, count) in flat.Find(placed.First, placed.Parameter.Numel))
            {
                if (!_runs.TryGetValue(run, out var number)) { _runs.Add(run, number = Runs.Count); Runs.Add(run); }
                foreach (var piece in RowMajorRuns.Boxes(tensor.Shape, done, count))
                {
                    foreach (var box in wanted)
                    {
                        if (!piece.Box.TryIntersect(box.Local, out var common)) { continue; }
                        Boxes.Add(Place(box.Global, box.Local, common, number, first - done, strides));
                    }
                }
                done += count;
            }
        }

        /// <summary>Axes that the global tensor has besides, of layers and experts, are in front.</summary>
        static BoxInRun Place(Box global, Box local, Box common, int run, long shift, long[] strides)
        {
            var extra = global.Rank - local.Rank;
            var (offset, size, steps) = (global.Offset.ToArray(), global.Size.ToArray(), new long[global.Rank]);
            var first = shift;
            for (var axis = 0; axis < local.Rank; axis++)
            {
                offset[extra + axis] += common.Offset[axis] - local.Offset[axis];
                size[extra + axis] = common.Size[axis];
                steps[extra + axis] = strides[axis];
                first += common.Offset[axis] * strides[axis];
            }
            return new BoxInRun(new Box(offset, size), run, first, steps);
        }
    }
}
