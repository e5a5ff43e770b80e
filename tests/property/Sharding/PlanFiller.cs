using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Sharding.Elements;
using Ckpt.Sharding.Plans;

namespace Ckpt.PropertyTests.Sharding;

/// <summary>Carries out a plan the plain way, in memory, element by element: the runner's oracle, for laws of many cases.</summary>
static class PlanFiller
{
    internal static MemoryCheckpoint Fill(CopyPlan plan, ICheckpointReader source)
    {
        var whole = plan.Layout.Tensors.Select(static t => new byte[t.ByteLength()]).ToArray();
        var stored = new Dictionary<(int, int), byte[]>();
        foreach (var piece in plan.Pieces)
        {
            var range = plan.Layout.Files[piece.File].Data[piece.Range];
            var target = plan.Layout.Tensors[range.Tensor];
            var box = new byte[range.Length];
            foreach (var copy in piece.Copies) { Copy(plan, copy, target.DType, stored, source, box); }
            Put(box, target, target.Boxes[range.Box], whole[range.Tensor]);
        }
        var result = new MemoryCheckpoint();
        for (var i = 0; i < whole.Length; i++) { result.Add(plan.Layout.Tensors[i].Name, plan.Layout.Tensors[i].DType, plan.Layout.Tensors[i].Shape, whole[i], plan.Layout.Tensors[i].Boxes); }
        return result;
    }

    static void Copy(CopyPlan plan, RegionCopy copy, DType to, Dictionary<(int, int), byte[]> stored, ICheckpointReader source, byte[] target)
    {
        var tensor = plan.Source[copy.SourceTensor];
        if (!stored.TryGetValue((copy.SourceTensor, copy.SourceBox), out var bytes))
        {
            stored.Add((copy.SourceTensor, copy.SourceBox), bytes = TensorAssembler.ReadBox(source, tensor, copy.SourceBox));
        }
        var strides = tensor.Boxes[copy.SourceBox].Box.Shape.RowMajorStrides();
        var start = copy.SourceStart.Select((at, axis) => at * strides[axis]).Sum();
        foreach (var index in MemoryCheckpoint.Indices(new Shape(copy.Extents)))
        {
            var (from, place) = (start, copy.TargetStart);
            for (var i = 0; i < index.Length; i++)
            {
                from += index[i] * copy.SourceSteps[i] * strides[copy.SourceAxes[i]];
                place += index[i] * copy.TargetStrides[i];
            }
            ElementCast.Cast(
                tensor.DType, bytes.AsSpan((int)from * tensor.DType.ByteSize(), tensor.DType.ByteSize()), to, target.AsSpan((int)place * to.ByteSize(), to.ByteSize()));
        }
    }

    static void Put(byte[] bytes, TensorTarget target, Box box, byte[] whole)
    {
        var (size, strides, at) = (target.DType.ByteSize(), target.Shape.RowMajorStrides(), 0);
        foreach (var index in MemoryCheckpoint.Indices(box.Shape))
        {
            var place = 0L;
            for (var axis = 0; axis < index.Length; axis++) { place += (index[axis] + box.Offset[axis]) * strides[axis]; }
            bytes.AsSpan(at, size).CopyTo(whole.AsSpan((int)place * size));
            at += size;
        }
    }

    static long ByteLength(this TensorTarget target) => target.DType.ByteLength(target.Shape.Count);
}
