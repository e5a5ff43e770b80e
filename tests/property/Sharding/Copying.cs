using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Plans;
using Ckpt.Sharding.Running;

namespace Ckpt.PropertyTests.Sharding;

/// <summary>Runs plans into a temporary folder and gives back what was written, as a test wants it.</summary>
static class Copying
{
    /// <summary>A layout of one file a box, with a frame of one byte before and four (the CRC) after each, as a demanding format would.</summary>
    internal static CheckpointLayout Framed(IReadOnlyList<TensorTarget> targets)
    {
        var files = new List<FileLayout>();
        for (var t = 0; t < targets.Count; t++)
        {
            var data = new List<DataRange>();
            var frames = new List<Frame>();
            var end = 0L;
            for (var b = 0; b < targets[t].Boxes.Count; b++)
            {
                var length = targets[t].DType.ByteLength(targets[t].Boxes[b].Volume);
                frames.Add(new Frame(end, 1, -1, static _ => [0x5A]));
                data.Add(new DataRange(end + 1, length, t, b));
                frames.Add(new Frame(end + 1 + length, 4, b, BitConverter.GetBytes));
                end += length + 5;
            }
            files.Add(new FileLayout($"t{t}", end, data, frames));
        }
        return new CheckpointLayout(targets, files, []);
    }

    internal static string Run(TemporaryFolder folder, string name, CopyPlan plan, ICheckpointReader source, int blockBytes = 16, int threads = 3)
    {
        var options = new RunOptions { BlockBytes = blockBytes, Threads = threads };
        using var output = PartialOutput.Open(folder[name], PlanHash.Of(plan, "test"), options);
        CopyRunner.Run(plan, source, output, options, new NoProgress(), CancellationToken.None);
        output.Publish();
        return folder[name];
    }

    /// <summary>What a framed layout wrote, opened as a checkpoint again; row-major bytes assembled element by element.</summary>
    internal static MemoryCheckpoint Open(string path, CheckpointLayout layout)
    {
        var result = new MemoryCheckpoint();
        for (var t = 0; t < layout.Tensors.Count; t++) { result.Add(layout.Tensors[t].Name, layout.Tensors[t].DType, layout.Tensors[t].Shape, Whole(path, layout, t), layout.Tensors[t].Boxes); }
        return result;
    }

    /// <summary>The row-major bytes of one written tensor, put together from its boxes element by element.</summary>
    internal static byte[] Whole(string path, CheckpointLayout layout, int tensor)
    {
        var target = layout.Tensors[tensor];
        var file = File.ReadAllBytes(Path.Combine(path, layout.Files[tensor].Path));
        var size = target.DType.ByteSize();
        var whole = new byte[target.DType.ByteLength(target.Shape.Count)];
        var strides = target.Shape.RowMajorStrides();
        foreach (var range in layout.Files[tensor].Data)
        {
            var at = (int)range.Offset;
            foreach (var index in MemoryCheckpoint.Indices(target.Boxes[range.Box].Shape))
            {
                var place = 0L;
                for (var axis = 0; axis < index.Length; axis++) { place += (index[axis] + target.Boxes[range.Box].Offset[axis]) * strides[axis]; }
                file.AsSpan(at, size).CopyTo(whole.AsSpan((int)place * size));
                at += size;
            }
        }
        return whole;
    }

    internal static TensorMap IdentityOf(ICheckpointReader reader) => TensorMap.Identity([.. reader.Tensors.Select(t => new MappedTensor(t.Name, t.Shape))]);

    internal static byte[] Bytes(int seed, long count)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
