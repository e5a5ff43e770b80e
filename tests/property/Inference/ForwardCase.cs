using System.Runtime.InteropServices;
using Ckpt.Formats.Tensors;
using Ckpt.Inference.Descriptions;
using Ckpt.Inference.Weights;
using Ckpt.Kit;
using Ckpt.Models.Configs;
using Ckpt.Models.Opening;

namespace Ckpt.PropertyTests.Inference;

/// <summary>A tiny model of <c>spec/vectors/forward</c>, and what transformers computes with it.</summary>
sealed class ForwardCase : IDisposable
{
    readonly ModelCheckpoint _checkpoint;
    readonly ICheckpointReader _expected;

    internal ForwardCase(string name)
    {
        _checkpoint = ModelCheckpoint.Open(Repository.Vector("forward", name), new ModelOpenOptions());
        _expected = ModelFormats.Open(Repository.Vector("forward", name, "expected.safetensors"));
        Weights = new CheckpointWeights(_checkpoint.Reader);
        Model = ForwardModel.Of(Config, Weights);
        Logits = Values<float>("logits");
        Hidden = Values<float>("hidden_states");
        Greedy = [.. Values<long>("greedy").Select(static id => (int)id)];
        var ids = Values<long>("input_ids").Select(static id => (int)id).ToArray();
        Tokens = [ids[..(ids.Length / 2)], ids[(ids.Length / 2)..]];
    }

    /// <summary>Every model there is.</summary>
    internal static IEnumerable<string> Names => Directory.GetDirectories(Repository.Vector("forward")).Select(static path => Path.GetFileName(path)!)
        .Where(static name => name != "makers").Order(StringComparer.Ordinal);

    internal HfConfig Config => _checkpoint.Side.Config;

    internal IWeightSource Weights { get; }

    internal ForwardModel Model { get; }

    internal int[][] Tokens { get; }

    internal float[] Logits { get; }

    internal float[] Hidden { get; }

    internal int[] Greedy { get; }

    public void Dispose()
    {
        _checkpoint.Dispose();
        _expected.Dispose();
    }

    T[] Values<T>(string name) where T : unmanaged
    {
        var tensor = _expected.Tensors.Single(each => each.Name == name);
        var bytes = new byte[tensor.ByteLength];
        var payload = _expected.Locate(tensor, 0);
        payload.Source.ReadExactly(payload.Offset, bytes);
        return MemoryMarshal.Cast<byte, T>(bytes).ToArray();
    }
}
