using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Formats.TorchDist;
using Ckpt.Sharding.Holding;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Plans;

namespace Ckpt.Trainer.Checkpoints;

/// <summary>Plans a torch_dist checkpoint of what ranks hold: chunks are the boxes they have, as Megatron writes them.</summary>
static class MegatronShare
{
    internal static CheckpointShare Of(HeldCheckpoint held, PickleDict common, IReadOnlyList<ObjectTarget> objects, string folder, int files)
    {
        var targets = held.Tensors.Select(static tensor => new TensorTarget(tensor.Name, tensor.DType, tensor.Shape, [.. tensor.Boxes.Select(static box => box.Box)])).ToArray();
        var layout = new TorchDistWriter(new TorchDistWriterOptions { Common = common, Objects = objects, Folder = folder, FileCount = files }).LayOut(targets);
        var map = TensorMap.Identity([.. targets.Select(static target => new MappedTensor(target.Name, target.Shape))]);
        return new CheckpointShare(CopyPlanner.Plan(held.Tensors, map, layout), held, []);
    }

    /// <summary>The iteration of a run that keeps its model in another form and no optimizer: how far it is, without tensors.</summary>
    internal static IReadOnlyList<SmallFile> CommonOnly(PickleDict common, string folder) =>
    [
        new($"{folder}/common.pt", TorchSave.ToBytes(common, "common")),
        new(TorchDistWriterOptions.TrackerName, System.Text.Encoding.ASCII.GetBytes(TorchDistWriterOptions.TrackerOf(folder)!)),
    ];
}
