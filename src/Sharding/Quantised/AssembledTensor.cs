using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Plans;
using Ckpt.Sharding.Views;

namespace Ckpt.Sharding.Quantised;

/// <summary>A tensor of a map's right side, gathered from the left side when it is read.</summary>
sealed class AssembledTensor : ComputedTensor
{
    readonly DType _dtype;
    readonly CopyPlan _plan;
    readonly AssemblerPool _pool;

    /// <summary>A tensor that the map fills from the source; the map's other right tensors need not be in the source.</summary>
    internal AssembledTensor(TensorTarget target, IReadOnlyList<TensorInfo> source, TensorMap map, int file, AssemblerPool pool)
        : base(target.Name, target.DType, target.Shape, file)
    {
        (_dtype, _pool) = (target.DType, pool);
        var range = new DataRange(0, target.DType.ByteLength(target.Shape.Count), 0, 0);
        var layout = new CheckpointLayout([target], [new FileLayout(target.Name, range.Length, [range], [])], []);
        _plan = CopyPlanner.Plan(source, map, layout, new MapCoverage([], [], [], [], []));
    }

    protected override void Compute(long first, Span<byte> elements)
    {
        var assembler = _pool.Rent();
        assembler.Fill(_plan, _plan.Pieces[0], _dtype, first * _dtype.ByteSize(), elements);
        _pool.Return(assembler);
    }
}
