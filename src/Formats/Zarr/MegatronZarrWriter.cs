using System.Diagnostics.CodeAnalysis;
using System.Text;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Formats.TorchDist;

namespace Ckpt.Formats.Zarr;

/// <summary>
/// Lays out a checkpoint as Megatron-core's zarr backend (up to 0.15) wrote it: an array of version 2 a key, not compressed, one chunk a box.
/// </summary>
public sealed class MegatronZarrWriter(MegatronZarrWriterOptions options) : ICheckpointWriter
{
    static readonly byte[] s_config = Encoding.ASCII.GetBytes(
        """{"sharded_backend": "zarr", "sharded_backend_version": 1, "common_backend": "torch", "common_backend_version": 1}""");

    static readonly ZarrWriterOptions s_arrays = new() { Version = ZarrVersion.V2 };

    public string Format => "zarr";

    public CheckpointLayout LayOut(IReadOnlyList<TensorTarget> targets)
    {
        ZarrNames.Check(targets, [TorchDistFolder.Common, TorchDistConfig.FileName]);
        var files = new List<FileLayout>();
        for (var t = 0; t < targets.Count; t++)
        {
            if (targets[t].DType != DType.BF16 && ZarrDTypes.V2Name(targets[t].DType) is not ['<' or '|', ..]) { Throw.DType(targets[t]); }
            var array = ZarrArrayLayout.ArrayOf(targets[t], s_arrays);
            var folder = InFolder(targets[t].Name);
            files.AddRange(ZarrArrayLayout.Chunks(t, targets[t], array, folder));
            files.Add(ZarrArrayLayout.Whole($"{folder}/{ZarrArray.V2Name}", ZarrArrayText.Text(ZarrArrayText.V2(array, megatron: true), 4)));
        }
        foreach (var item in options.Objects)
        {
            if (!MegatronZarrObjects.IsName(item.Name)) { Throw.Object(item); }
            files.Add(ZarrArrayLayout.Whole(InFolder(item.Path), item.ToBytes()));
        }
        return new CheckpointLayout(targets, files, Closing());
    }

    /// <summary>metadata.json, whose presence says that the folder is complete, and the tracker last.</summary>
    List<SmallFile> Closing()
    {
        var closing = new List<SmallFile>
        {
            new(InFolder(TorchDistFolder.Common), TorchSave.ToBytes(options.Common, "common", options.CommonStorages)),
            new(InFolder(TorchDistConfig.FileName), s_config),
        };
        if (TorchDistFolder.TrackerOf(options.Folder) is { } tracker) { closing.Add(new(TorchDistFolder.Tracker, Encoding.ASCII.GetBytes(tracker))); }
        return closing;
    }

    string InFolder(string name) => options.Folder.Length == 0 ? name : $"{options.Folder}/{name}";

    static class Throw
    {
        [DoesNotReturn]
        internal static void DType(TensorTarget target) => throw new UnsupportedCheckpointException(
            "ZAR-6.2", target.Name, $"{target.DType.DisplayName()} cannot be written as Megatron did: numpy has no such type");

        [DoesNotReturn]
        internal static void Object(MegatronZarrObject item) => throw new UnsupportedCheckpointException(
            "ZAR-6.5", Quoted.Name(item.Name), "is no name of an object that Megatron's zarr backend would find again; it has KEY/shard_OFFSET_SHAPE");
    }
}
