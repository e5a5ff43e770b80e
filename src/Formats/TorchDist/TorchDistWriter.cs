using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;

namespace Ckpt.Formats.TorchDist;

/// <summary>
/// Lays out a torch_dist checkpoint in the form that every Megatron-core since 0.8 and torch.distributed.checkpoint since 2.3 reads: one stream a
/// box, each what torch.save writes.
/// </summary>
public sealed class TorchDistWriter(TorchDistWriterOptions options) : ICheckpointWriter
{
    public string Format => "torch_dist";

    public CheckpointLayout LayOut(IReadOnlyList<TensorTarget> targets)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.FileCount, 1);
        Check(targets);
        var (boxes, templates) = Boxes(targets);
        var buckets = TorchDistBuckets.Split(boxes.ConvertAll(box => templates[box.Template].DataLength), options.FileCount);
        var objects = Objects();
        if (objects.Count > 0 && buckets.Count == 0) { buckets.Add([]); }

        var streams = new List<TorchDistPlacedStream>(boxes.Count + objects.Count);
        var files = new List<FileLayout>(buckets.Count);
        var names = new List<string>(buckets.Count);
        for (var number = 0; number < buckets.Count; number++)
        {
            names.Add(string.Create(CultureInfo.InvariantCulture, $"__0_{number}.distcp"));
            files.Add(LayOutFile(number, TorchDistClosing.InFolder(options, names[number]), number == 0 ? objects : [], buckets[number], boxes, templates, streams));
        }
        var index = TorchDistIndexWriter.Write(targets, objects.ConvertAll(static item => item.Name), streams, names, options.PlannerData);
        return new CheckpointLayout(targets, files, TorchDistClosing.Files(options, index));
    }

    static FileLayout LayOutFile(
        int file, string path, List<ObjectTarget> objects, List<int> bucket, List<PlannedBox> boxes, List<TorchDistStreamTemplate> templates, List<TorchDistPlacedStream> streams)
    {
        var data = new List<DataRange>(bucket.Count);
        var frames = new List<Frame>(objects.Count + (2 * bucket.Count));
        var at = 0L;
        for (var number = 0; number < objects.Count; number++)
        {
            // Objects come first in a file, tensors after them.
            var item = objects[number];
            frames.Add(new Frame(at, item.Length, -1, _ => item.Make()));
            streams.Add(new TorchDistPlacedStream(-1, number, file, at, item.Length));
            at += item.Length;
        }
        foreach (var place in bucket)
        {
            var box = boxes[place];
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

    /// <summary>The common state first, where it is one.</summary>
    List<ObjectTarget> Objects()
    {
        var objects = new List<ObjectTarget>(options.Objects.Count + 1);
        if (options.Form == TorchDistForm.Core019) { objects.Add(ObjectTarget.Of(TorchDistReader.CommonObject, options.Common, options.CommonStorages)); }
        objects.AddRange(options.Objects);
        return objects;
    }

    void Check(IReadOnlyList<TensorTarget> targets)
    {
        var names = new HashSet<string>(targets.Count);
        foreach (var target in targets)
        {
            if (!TorchStorages.CanHold(target.DType)) { Throw.DType(target); }
            if (!names.Add(target.Name)) { throw new ArgumentException($"two targets named {target.Name}", nameof(targets)); }
            if (options.Form == TorchDistForm.Core019 && target.Name == TorchDistReader.CommonObject) { Throw.Name(target.Name); }
            if (BoxTiling.Check(target.Shape, target.Boxes) is not TilingFault.None and var fault)
            {
                throw new ArgumentException($"the boxes of {target.Name} {target.Shape} do not cover it once: {fault}", nameof(targets));
            }
        }
        foreach (var item in options.Objects)
        {
            if (item.Name == TorchDistReader.CommonObject) { Throw.Name(item.Name); }
            if (!names.Add(item.Name)) { throw new ArgumentException($"two entries named {item.Name}", nameof(targets)); }
        }
    }

    readonly record struct PlannedBox(int Tensor, int Box, int Template);

    static class Throw
    {
        [DoesNotReturn]
        internal static void DType(TensorTarget target) => throw new UnsupportedCheckpointException(
            "TDC-4.5", target.Name, $"{target.DType.DisplayName()} cannot be written to torch_dist");

        [DoesNotReturn]
        internal static void Name(string name) => throw new UnsupportedCheckpointException(
            "TDC-4.5", name, "nothing else can have the name of the common state's object");
    }
}
