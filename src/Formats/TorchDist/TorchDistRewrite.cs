using System.Globalization;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;

namespace Ckpt.Formats.TorchDist;

/// <summary>How a torch_dist checkpoint is given a new index and common state around the data files it has.</summary>
public sealed record TorchDistRewriteOptions
{
    /// <summary>Which readers it is for; the common state moves to where they look for it.</summary>
    public TorchDistForm Form { get; init; }

    /// <summary>As <see cref="TorchDistWriterOptions.Folder"/>; null: the name the source's folder has, where it is an iteration's.</summary>
    public string? Folder { get; init; }

    /// <summary>As <see cref="TorchDistWriterOptions.PlannerData"/>.</summary>
    public bool PlannerData { get; init; }

    /// <summary>The common state; null: the source's.</summary>
    public PickleDict? Common { get; init; }

    /// <summary>The storages of tensors in <see cref="Common"/>.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> CommonStorages { get; init; } = [];
}

/// <summary>A checkpoint made of another's data files, which are linked or copied as they are, and new files around them.</summary>
/// <param name="Data">The source's files, relative to its folder; they go below <paramref name="Folder"/> under the same names.</param>
/// <param name="Folder">The folder of the iteration in the output; may be empty.</param>
/// <param name="Files">Written after the data is in place, in this order; relative to the output.</param>
public sealed record TorchDistRewritePlan(IReadOnlyList<FileEntry> Data, string Folder, IReadOnlyList<SmallFile> Files);

/// <summary>
/// Makes a checkpoint readable for others without moving its data: the index becomes the least that all read (no Megatron classes, no plans), and
/// the common state a file or an object, as core up to 0.18 or from 0.19 on wants it. Pure but for what the reader reads.
/// </summary>
public static class TorchDistRewrite
{
    /// <summary>Plans it; reads the index and the common state only.</summary>
    /// <exception cref="UnsupportedCheckpointException">TDC-5.2: not a checkpoint of Megatron's.</exception>
    public static TorchDistRewritePlan Plan(TorchDistReader source, TorchDistRewriteOptions options)
    {
        if (source.Format != "torch_dist")
        {
            throw new UnsupportedCheckpointException("TDC-5.2", source.Path, $"is a {source.Format} checkpoint; a new index is written for torch_dist of Megatron");
        }
        var written = new TorchDistWriterOptions
        {
            Common = options.Common ?? source.Common ?? new PickleDict(),
            CommonStorages = options.Common is null ? source.CommonStorages : options.CommonStorages,
            Folder = options.Folder ?? FolderOf(source),
            Form = options.Form,
            PlannerData = options.PlannerData,
        };
        var targets = new List<TensorTarget>(source.Tensors.Count);
        var streams = new List<TorchDistPlacedStream>();
        var objects = new List<string>();
        var names = source.Files.Select(static file => file.Path).ToList();
        var common = PlaceCommon(written, names, objects, streams);
        foreach (var item in source.Objects)
        {
            if (item.Name == TorchDistReader.CommonObject) { continue; }
            streams.Add(new TorchDistPlacedStream(-1, objects.Count, item.File, item.Offset, item.Length));
            objects.Add(item.Name);
        }
        foreach (var tensor in source.Tensors)
        {
            for (var box = 0; box < tensor.Boxes.Count; box++)
            {
                streams.Add(new TorchDistPlacedStream(targets.Count, box, tensor.Boxes[box].File, tensor.Boxes[box].Offset, tensor.Boxes[box].Length));
            }
            targets.Add(new TensorTarget(tensor.Name, tensor.DType, tensor.Shape, [.. tensor.Boxes.Select(static stored => stored.Box)]));
        }
        var index = TorchDistIndexWriter.Write(targets, objects, streams, names, options.PlannerData, source.OriginalShapes);
        return new TorchDistRewritePlan(source.Files, written.Folder, [.. common, .. TorchDistClosing.Files(written, index)]);
    }

    /// <summary>The common state as an object in a data file of its own, whose name no other has; nothing where it is a file.</summary>
    static List<SmallFile> PlaceCommon(TorchDistWriterOptions options, List<string> names, List<string> objects, List<TorchDistPlacedStream> streams)
    {
        if (options.Form != TorchDistForm.Core019) { return []; }
        var number = 0;
        while (names.Contains(Name(number))) { number++; }
        var item = ObjectTarget.Of(TorchDistReader.CommonObject, options.Common, options.CommonStorages);
        streams.Add(new TorchDistPlacedStream(-1, objects.Count, names.Count, 0, item.Length));
        objects.Add(item.Name);
        names.Add(Name(number));
        return [new SmallFile(TorchDistClosing.InFolder(options, Name(number)), item.Make())];

        static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"__0_{number}.distcp");
    }

    static string FolderOf(TorchDistReader source) =>
        source.IsRelease ? System.IO.Path.GetFileName(source.Path) : source.Iteration is { } iteration ? TorchDistFolder.NameOf(iteration) : "";
}
