using System.Runtime.InteropServices;
using Ckpt.Inference.Descriptions;
using Ckpt.Inference.Weights;
using Ckpt.Kit;
using Ckpt.Models.Opening;
using Ckpt.Trainer.Modeling;
using Ckpt.Trainer.Parallel;

namespace Ckpt.TrainerTests.Modeling;

/// <summary>A model of the vectors, opened.</summary>
sealed class TinyModel : IDisposable
{
    internal TinyModel(params string[] vector)
    {
        Folder = Repository.Vector(vector);
        Checkpoint = ModelCheckpoint.Open(Folder, new ModelOpenOptions());
        Description = ForwardModel.Of(Checkpoint.Side.Config, new CheckpointWeights(Checkpoint.Reader));
    }

    internal string Folder { get; }

    internal ModelCheckpoint Checkpoint { get; }

    internal ForwardModel Description { get; }

    internal GptModel Create(ModelOptions options, ParallelPlace? place = null) =>
        GptModel.Create(Description, place ?? ParallelPlace.Alone, options, new HfParameters(Checkpoint, place?.TensorRank ?? 0));

    /// <summary>A whole tensor of a file of the vectors.</summary>
    internal static T[] Values<T>(string path, string name) where T : unmanaged
    {
        using var reader = ModelFormats.Open(path);
        var tensor = reader.Tensors.Single(each => each.Name == name);
        var bytes = new byte[tensor.ByteLength];
        var payload = reader.Locate(tensor, 0);
        payload.Source.ReadExactly(payload.Offset, bytes);
        return MemoryMarshal.Cast<byte, T>(bytes).ToArray();
    }

    public void Dispose() => Checkpoint.Dispose();
}
