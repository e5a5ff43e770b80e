using System.Text.Json.Nodes;
using Ckpt.Formats.Opening;
using Ckpt.Formats.Tensors;

namespace Ckpt.UnitTests.Cli;

/// <summary>A checkpoint made of values, for commands that only look.</summary>
sealed class FakeCheckpoint(string format, string path, IReadOnlyList<FileEntry> files, IReadOnlyList<TensorInfo> tensors, IReadOnlyList<ObjectInfo> objects) : ICheckpointReader
{
    public string Format => format;

    public string Path => path;

    public IReadOnlyList<FileEntry> Files => files;

    public IReadOnlyList<TensorInfo> Tensors => tensors;

    public IReadOnlyList<ObjectInfo> Objects => objects;

    internal bool Disposed { get; private set; }

    public JsonObject Describe() => new() { ["iteration"] = 7 };

    public BoxPayload Locate(TensorInfo tensor, int box) => throw new InvalidOperationException("looking reads no data");

    public void Dispose() => Disposed = true;

    /// <summary>Two ranks of TP 2 by PP 1, or four of TP 2 by PP 2, over two layers; a word embedding; one object.</summary>
    internal static FakeCheckpoint Megatron(string path, int pipeline)
    {
        FileEntry[] files = [.. Enumerable.Range(0, 2 * pipeline).Select(rank => new FileEntry($"__{rank}_0.distcp", 4096))];
        var proj = new List<StoredBox>();
        for (var layer = 0; layer < 2; layer++)
        {
            for (var tp = 0; tp < 2; tp++)
            {
                var rank = pipeline == 1 ? tp : 2 * layer + tp;
                proj.Add(new StoredBox(new Box([layer, 0, 4 * tp], [1, 8, 4]), rank, 64, 64));
            }
        }
        TensorInfo[] tensors =
        [
            new("embedding.word_embeddings.weight", DType.BF16, new Shape(10, 8), [new(new Box([0, 0], [5, 8]), 0, 128, 80), new(new Box([5, 0], [5, 8]), 1, 128, 80)]),
            new("decoder.layers.self_attention.linear_proj.weight", DType.F32, new Shape(2, 8, 8), proj),
        ];
        return new FakeCheckpoint("torch_dist", path, files, tensors, [new ObjectInfo("rng_state/shard_0_1", 0, 0, 12)]);
    }

    /// <summary>The registry with which every torch_dist folder opens as <see cref="Megatron"/>.</summary>
    internal static IReadOnlyList<CheckpointFormat> Formats(int pipeline = 1) => [new(FormatNames.TorchDist, path => Megatron(path, pipeline))];
}
