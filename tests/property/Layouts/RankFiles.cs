using System.Text.Json.Nodes;
using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;
using Ckpt.PropertyTests.Sharding;
using Ckpt.Sharding.Layouts;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Plans;

namespace Ckpt.PropertyTests.Layouts;

/// <summary>
/// A model as the ranks of a layout hold it: a file for each rank, in it the rank's own tensors one behind the other, replicas and copies
/// too. The plainest format that depends on the layout.
/// </summary>
sealed class RankFiles : ICheckpointReader
{
    readonly Dictionary<(int Tensor, int Box), (int File, long Offset)> _places = [];

    /// <param name="layout">What was laid out.</param>
    /// <param name="contents">The files.</param>
    /// <param name="lastReplica">Which of the ranks that hold the same is read: the last, or the first.</param>
    internal RankFiles(CheckpointLayout layout, IReadOnlyList<byte[]> contents, bool lastReplica)
    {
        Contents = contents;
        for (var file = 0; file < layout.Files.Count; file++)
        {
            foreach (var range in layout.Files[file].Data)
            {
                if (lastReplica) { _places[(range.Tensor, range.Box)] = (file, range.Offset); }
                else { _places.TryAdd((range.Tensor, range.Box), (file, range.Offset)); }
            }
        }
        Files = [.. layout.Files.Select(file => new FileEntry(file.Path, file.Length))];
        Tensors = [.. layout.Tensors.Select((target, t) => new TensorInfo(target.Name, target.DType, target.Shape, [.. target.Boxes.Select((box, b) => Stored(box, target.DType, _places[(t, b)]))]))];
    }

    public string Format => "ranks";

    public string Path => "memory";

    public IReadOnlyList<FileEntry> Files { get; }

    public IReadOnlyList<TensorInfo> Tensors { get; }

    public IReadOnlyList<ObjectInfo> Objects => [];

    internal IReadOnlyList<byte[]> Contents { get; }

    public JsonObject Describe() => [];

    public BoxPayload Locate(TensorInfo tensor, int box) => new(
        new MemoryByteSource(tensor.Name, Contents[tensor.Boxes[box].File]), tensor.Boxes[box].Offset, tensor.Boxes[box].Box.Shape.RowMajorStrides());

    public void Dispose() { }

    static StoredBox Stored(Box box, DType dtype, (int File, long Offset) place) => new(box, place.File, place.Offset, dtype.ByteLength(box.Volume));

    /// <summary>Where everything lies.</summary>
    internal static CheckpointLayout LayOut(ParallelLayout layout, IReadOnlyList<ModelTensor> tensors, DType dtype)
    {
        var targets = tensors.Select(tensor => new TensorTarget(tensor.Name, dtype, tensor.Shape, layout.BoxesOf(tensor))).ToList();
        var index = targets.ConvertAll(target => target.Boxes.Select((box, i) => (box, i)).ToDictionary(pair => pair.box, pair => pair.i));
        var files = new List<FileLayout>();
        for (var rank = 0; rank < layout.Grid.World; rank++)
        {
            var (data, frames, end) = (new List<DataRange>(), new List<Frame>(), 0L);
            for (var t = 0; t < tensors.Count; t++)
            {
                foreach (var part in layout.PartsOf(tensors[t], layout.Grid[rank]))
                {
                    var begin = end;
                    foreach (var box in part.Tensor.Boxes)
                    {
                        var length = dtype.ByteLength(box.Global.Volume);
                        data.Add(new DataRange(end, length, t, index[t][box.Global]));
                        end += length;
                    }
                    var padding = begin + dtype.ByteLength(part.Tensor.Shape.Count) - end;
                    if (padding > 0) { frames.Add(new Frame(end, (int)padding, -1, _ => new byte[padding])); }
                    end += padding;
                }
            }
            files.Add(new FileLayout($"rank{rank}", end, data, frames));
        }
        return new CheckpointLayout(targets, files, []);
    }

    /// <summary>The model of another checkpoint, as the ranks of a layout hold it.</summary>
    internal static RankFiles Copy(ICheckpointReader source, TensorMap map, CheckpointLayout layout, bool lastReplica) =>
        new(layout, Fill(CopyPlanner.Plan(source.Tensors, map, layout), source), lastReplica);

    /// <summary>The bytes of every tensor.</summary>
    internal static List<byte[]> Whole(ICheckpointReader source)
    {
        var targets = source.Tensors.Select(tensor => TensorTarget.Whole(tensor.Name, tensor.DType, tensor.Shape)).ToList();
        var files = targets.Select((target, t) => new FileLayout(target.Name, source.Tensors[t].ByteLength, [new DataRange(0, source.Tensors[t].ByteLength, t, 0)], [])).ToList();
        return Fill(CopyPlanner.Plan(source.Tensors, Copying.IdentityOf(source), new CheckpointLayout(targets, files, [])), source);
    }

    /// <summary>Carries a plan out, copy by copy.</summary>
    internal static List<byte[]> Fill(CopyPlan plan, ICheckpointReader source)
    {
        var files = plan.Layout.Files.Select(file => new byte[file.Length]).ToList();
        foreach (var piece in plan.Pieces)
        {
            var range = plan.Layout.Files[piece.File].Data[piece.Range];
            var size = plan.Layout.Tensors[range.Tensor].DType.ByteSize();
            foreach (var copy in piece.Copies) { Carry(copy, plan.Source[copy.SourceTensor], source, size, files[piece.File].AsSpan((int)range.Offset, (int)range.Length)); }
        }
        return files;
    }

    static void Carry(RegionCopy copy, TensorInfo tensor, ICheckpointReader source, int size, Span<byte> target)
    {
        var payload = source.Locate(tensor, copy.SourceBox);
        var start = payload.Offset / size;
        for (var axis = 0; axis < payload.Strides.Length; axis++) { start += copy.SourceStart[axis] * payload.Strides[axis]; }
        var steps = copy.SourceAxes.Select((axis, i) => payload.Strides[axis] * copy.SourceSteps[i]).ToArray();
        var last = copy.Extents.Length - 1;
        var run = last >= 0 && steps[last] == 1 && copy.TargetStrides[last] == 1 ? copy.Extents[last] : 1;
        var outer = run > 1 ? last : last + 1;
        var index = new long[outer];
        while (true)
        {
            var (from, to) = (start, copy.TargetStart);
            for (var i = 0; i < outer; i++)
            {
                from += index[i] * steps[i];
                to += index[i] * copy.TargetStrides[i];
            }
            payload.Source.ReadExactly((payload.Offset % size) + (from * size), target.Slice((int)to * size, (int)run * size));
            var axis = outer - 1;
            for (; axis >= 0 && ++index[axis] == copy.Extents[axis]; axis--) { index[axis] = 0; }
            if (axis < 0) { return; }
        }
    }
}
