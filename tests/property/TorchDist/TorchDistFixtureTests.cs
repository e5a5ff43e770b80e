using System.Security.Cryptography;
using System.Text.Json;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.TorchDist;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.PropertyTests.TorchDist;

/// <summary>Checkpoints written by real Megatron-core and torch: every tensor, put together from its boxes, has the hash its maker noted.</summary>
public sealed class TorchDistFixtureTests
{
    public static TheoryData<string> Checkpoints
    {
        get
        {
            var names = new TheoryData<string>();
            foreach (var folder in Directory.EnumerateDirectories(Repository.Vector("torch_dist")).Order(StringComparer.Ordinal))
            {
                if (File.Exists(Path.Combine(folder, "expected.json"))) { names.Add(Path.GetFileName(folder)); }
            }
            return names;
        }
    }

    [Theory, MemberData(nameof(Checkpoints))]
    [Clause("TDC-2.8"), Clause("TDC-2.13"), Clause("TDC-2.14"), Clause("TDC-2.19"), Clause("TDC-3.4")]
    public void EveryTensorIsWhatItsMakerWrote(string name)
    {
        var folder = Repository.Vector("torch_dist", name);
        using var expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "expected.json")));
        using var reader = TorchDistReader.Open(Directory.Exists(Path.Combine(folder, "ckpt")) ? Path.Combine(folder, "ckpt") : folder);

        var tensors = expected.RootElement.GetProperty("tensors");
        Assert.Equal(tensors.EnumerateObject().Select(t => t.Name).Order(StringComparer.Ordinal), reader.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal));
        foreach (var tensor in reader.Tensors)
        {
            var wanted = tensors.GetProperty(tensor.Name);
            Assert.Equal(wanted.GetProperty("dtype").GetString(), tensor.DType.TorchName());
            Assert.Equal(wanted.GetProperty("shape").EnumerateArray().Select(d => d.GetInt64()), tensor.Shape.ToArray());
            Assert.Equal(wanted.GetProperty("sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(TensorAssembler.ReadWhole(reader, tensor))));
        }
    }

    [Fact, Clause("TDC-3.4")]
    public void BoxesAreLocatedFromSeveralThreadsAtOnce()
    {
        var folder = Repository.Vector("torch_dist", "qwen3_moe-tp2etp2");
        using var alone = TorchDistReader.Open(folder);
        using var shared = TorchDistReader.Open(folder);
        var boxes = alone.Tensors.SelectMany((tensor, number) => Enumerable.Range(0, tensor.Boxes.Count).Select(box => (number, box))).ToArray();
        Parallel.For(0, 4 * boxes.Length, i =>
        {
            var (number, box) = boxes[i * 7919L % boxes.Length];
            var (offset, strides) = Place(shared, number, box);
            Assert.Equal(Place(alone, number, box).Offset, offset);
            Assert.Equal(Place(alone, number, box).Strides, strides);
        });

        static (long Offset, long[] Strides) Place(TorchDistReader reader, int number, int box)
        {
            var payload = reader.Locate(reader.Tensors[number], box);
            return (payload.Offset, payload.Strides);
        }
    }
}
