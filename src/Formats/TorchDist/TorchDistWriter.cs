using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;

namespace Ckpt.Formats.TorchDist;

/// <summary>
/// Lays out a torch_dist checkpoint in the form that every Megatron-core since 0.8 and torch.distributed.checkpoint since 2.3 reads: one stream a
/// box, each what torch.save writes.
/// </summary>
public sealed class TorchDistWriter(TorchDistWriterOptions options) : ICheckpointWriter
{
    static readonly byte[] s_longConfig = Encoding.ASCII.GetBytes(
        """{"sharded_backend": "torch_dist", "sharded_backend_version": 1, "common_backend": "torch", "common_backend_version": 1}""");

    static readonly byte[] s_shortConfig = Encoding.ASCII.GetBytes("""{"sharded_backend": "torch_dist", "sharded_backend_version": 1}""");

    public string Format => "torch_dist";

    public CheckpointLayout LayOut(IReadOnlyList<TensorTarget> targets)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.FileCount, 1);
        Check(targets);
        var (boxes, templates) = Boxes(targets);
        var buckets = TorchDistBuckets.Split(boxes.ConvertAll(box => templates[box.Template].DataLength), options.FileCount);
        var common = options.Form == TorchDistForm.Core019 ? CommonStream() : null;
        if (common is not null && buckets.Count == 0) { buckets.Add([]); }

        var streams = new List<TorchDistPlacedStream>(boxes.Count + 1);
        var files = new List<FileLayout>(buckets.Count);
        var names = new List<string>(buckets.Count);
        for (var number = 0; number < buckets.Count; number++)
        {
            names.Add(string.Create(CultureInfo.InvariantCulture, $"__0_{number}.distcp"));
            files.Add(LayOutFile(number, InFolder(names[number]), number == 0 ? common : null, buckets[number], boxes, templates, streams));
        }
        var index = TorchDistIndexWriter.Write(targets, common is null ? null : TorchDistReader.CommonObject, streams, names, options.PlannerData);
        return new CheckpointLayout(targets, files, Closing(index));
    }

    static FileLayout LayOutFile(
        int file, string path, byte[]? common, List<int> bucket, List<PlannedBox> boxes, List<TorchDistStreamTemplate> templates, List<TorchDistPlacedStream> streams)
    {
        var data = new List<DataRange>(bucket.Count);
        var frames = new List<Frame>(2 * bucket.Count);
        var at = 0L;
        if (common is not null)
        {
            // Objects come first in a file, tensors after them.
            frames.Add(new Frame(0, common.Length, -1, _ => common));
            streams.Add(new TorchDistPlacedStream(-1, 0, file, 0, common.Length));
            at = common.Length;
        }
        foreach (var item in bucket)
        {
            var box = boxes[item];
            var template = templates[box.Template];
            streams.Add(new TorchDistPlacedStream(box.Tensor, box.Box, file, at, template.Length));
            frames.Add(new Frame(at, template.HeadLength, -1, template.MakeHead));
            at += template.HeadLength;
            var hasData = template.DataLength > 0;
            if (hasData) { data.Add(new DataRange(at, template.DataLength, box.Tensor, box.Box)); }
            at += template.DataLength;
            frames.Add(new Frame(at, template.TailLength, hasData ? data.Count - 1 : -1, template.MakeTail));
            at += template.TailLength;
        }
        return new FileLayout(path, at, data, frames);
    }

    static (List<PlannedBox> Boxes, List<TorchDistStreamTemplate> Templates) Boxes(IReadOnlyList<TensorTarget> targets)
    {
        var boxes = new List<PlannedBox>();
        var templates = new List<TorchDistStreamTemplate>();
        var numbers = new Dictionary<(DType, Shape), int>();
        for (var tensor = 0; tensor < targets.Count; tensor++)
        {
            for (var box = 0; box < targets[tensor].Boxes.Count; box++)
            {
                var kind = (targets[tensor].DType, targets[tensor].Boxes[box].Shape);
                if (!numbers.TryGetValue(kind, out var template))
                {
                    template = templates.Count;
                    templates.Add(new TorchDistStreamTemplate(kind.DType, kind.Shape));
                    numbers.Add(kind, template);
                }
                boxes.Add(new PlannedBox(tensor, box, template));
            }
        }
        return (boxes, templates);
    }

    byte[] CommonStream()
    {
        var list = new PickleList();
        list.Items.Add(options.Common);
        return TorchSave.ToBytes(list, "archive", options.CommonStorages);
    }

    /// <summary>The index before metadata.json, whose presence says that the folder is complete, and the tracker last (TDC-4.4).</summary>
    List<SmallFile> Closing(byte[] index)
    {
        var closing = new List<SmallFile>();
        if (options.Form == TorchDistForm.Minimal)
        {
            closing.Add(new(InFolder(TorchDistFolder.Common), TorchSave.ToBytes(options.Common, "common", options.CommonStorages)));
        }
        closing.Add(new(InFolder(TorchDistFolder.Metadata), index));
        closing.Add(new(InFolder(TorchDistConfig.FileName), options.Form == TorchDistForm.Minimal ? s_longConfig : s_shortConfig));
        if (TorchDistFolder.TrackerOf(options.Folder) is { } tracker) { closing.Add(new(TorchDistFolder.Tracker, Encoding.ASCII.GetBytes(tracker))); }
        return closing;
    }

    string InFolder(string name) => options.Folder.Length == 0 ? name : $"{options.Folder}/{name}";

    void Check(IReadOnlyList<TensorTarget> targets)
    {
        var names = new HashSet<string>(targets.Count);
        foreach (var target in targets)
        {
            if (!TorchStorages.CanHold(target.DType)) { Throw.DType(target); }
            if (!names.Add(target.Name)) { throw new ArgumentException($"two targets named {target.Name}", nameof(targets)); }
            if (options.Form == TorchDistForm.Core019 && target.Name == TorchDistReader.CommonObject) { Throw.Name(target); }
            if (BoxTiling.Check(target.Shape, target.Boxes) is not TilingFault.None and var fault)
            {
                throw new ArgumentException($"the boxes of {target.Name} {target.Shape} do not cover it once: {fault}", nameof(targets));
            }
        }
    }

    readonly record struct PlannedBox(int Tensor, int Box, int Template);

    static class Throw
    {
        [DoesNotReturn]
        internal static void DType(TensorTarget target) => throw new UnsupportedCheckpointException(
            "TDC-4.5", target.Name, $"{target.DType.DisplayName()} cannot be written to torch_dist");

        [DoesNotReturn]
        internal static void Name(TensorTarget target) => throw new UnsupportedCheckpointException(
            "TDC-4.5", target.Name, "a tensor cannot have the name of the common state's object");
    }
}
