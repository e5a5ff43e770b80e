using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Ckpt.Formats.LegacyTorch;
using Ckpt.Formats.TorchDist;
using Ckpt.Kit;
using Ckpt.Models.Megatron.Legacy;
using Xunit;

namespace Ckpt.PropertyTests.LegacyTorch;

/// <summary>Checkpoints that real Megatron-core wrote with torch.save: each rank's tensors by their hashes, and put together by what torch_dist has of the same model.</summary>
public sealed class LegacyTorchFixtureTests
{
    public static TheoryData<string> Checkpoints =>
        [.. Directory.EnumerateDirectories(Repository.Vector("legacy_torch")).Where(folder => File.Exists(Path.Combine(folder, "expected.json"))).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Checkpoints))]
    [Clause("LEG-1.1"), Clause("LEG-1.2"), Clause("LEG-2.1"), Clause("LEG-2.2")]
    public void EveryRankHoldsWhatItsMakerWrote(string name)
    {
        using var expected = Expected(name);
        var folder = LegacyTorchFolder.Find(Repository.Vector("legacy_torch", name));
        Assert.Equal(1, folder.Iteration);
        var files = expected.RootElement.GetProperty("files");
        Assert.Equal(files.EnumerateObject().Select(file => file.Name).Order(StringComparer.Ordinal), folder.Ranks.Select(rank => rank.Name.ToString()).Order(StringComparer.Ordinal));
        foreach (var rank in folder.Ranks)
        {
            using var file = LegacyRankFile.Open(folder, rank);
            var wanted = files.GetProperty(rank.Name.ToString());
            var chunk = file.State.Chunks.Single();
            Assert.Equal(wanted.GetProperty("tensors").EnumerateObject().Select(t => t.Name), chunk.Tensors.Select(t => t.Name));
            Assert.Equal(wanted.GetProperty("other").EnumerateArray().Select(t => t.GetString()), chunk.Others);
            foreach (var (tensorName, tensor) in chunk.Tensors)
            {
                var bytes = TensorAssembler.ReadPayload(file.Locate(tensor), tensor.Shape, tensor.DType);
                Assert.Equal(wanted.GetProperty("tensors").GetProperty(tensorName).GetProperty("sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(bytes)));
            }
        }
    }

    [Theory, MemberData(nameof(Checkpoints))]
    [Clause("LEG-1.6"), Clause("LEG-3.2"), Clause("LEG-3.3"), Clause("LEG-5.1")]
    public void PutTogetherTheyAreTheTensorsOfTorchDist(string name)
    {
        using var legacy = LegacyTorchReader.Open(Repository.Vector("legacy_torch", name));
        using var twin = TorchDistReader.Open(Repository.Vector("torch_dist", name.StartsWith("qwen3_moe", StringComparison.Ordinal) ? "qwen3_moe-ep2" : "qwen3-tp4pp1"));
        var stacks = twin.Tensors.ToDictionary(t => t.Name, StringComparer.Ordinal);
        var used = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tensor in legacy.Tensors)
        {
            var parts = tensor.Name.Split('.');
            var layer = parts is ["decoder", "layers", ..] ? int.Parse(parts[2], CultureInfo.InvariantCulture) : -1;
            var stack = stacks[layer < 0 ? tensor.Name : string.Join('.', parts.Where((_, i) => i != 2))];
            used.Add(stack.Name);
            var (bytes, whole) = (TensorAssembler.ReadWhole(legacy, tensor), TensorAssembler.ReadWhole(twin, stack));
            var expected = layer < 0 ? whole : whole.AsSpan(layer * bytes.Length, bytes.Length).ToArray();
            // Vocabulary padding, zero, is as the tensor parallel size asks.
            var common = Math.Min(bytes.Length, expected.Length);
            Assert.True(bytes.AsSpan(0, common).SequenceEqual(expected.AsSpan(0, common)), tensor.Name);
            Assert.True(bytes.AsSpan(common).IndexOfAnyExcept((byte)0) < 0, tensor.Name);
            // Only rows that a vocabulary is padded with may lack on one side.
            Assert.True(expected.Length == bytes.Length || tensor.Name is "embedding.word_embeddings.weight" or "output_layer.weight", tensor.Name);
        }
        Assert.Equal(stacks.Keys.Order(StringComparer.Ordinal), used.Order(StringComparer.Ordinal));
    }

    static JsonDocument Expected(string name) => JsonDocument.Parse(File.ReadAllBytes(Repository.Vector("legacy_torch", name, "expected.json")));
}
