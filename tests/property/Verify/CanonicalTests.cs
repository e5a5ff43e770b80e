using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Ckpt.Formats.Safetensors;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Models.Opening;
using Ckpt.Sharding.Running;
using Ckpt.Sharding.Views;
using Ckpt.Verify.Comparing;
using Ckpt.Verify.Fingerprints;
using Xunit;

namespace Ckpt.PropertyTests.Verify;

/// <summary>Checkpoints that Megatron-core wrote, and the models they were written from.</summary>
public sealed class CanonicalTests
{
    public static TheoryData<string> Checkpoints => ["llama-tp1pp1", "llama-tp2pp1", "llama-pp2vpp2", "qwen2-tp2pp2", "qwen3-tp4pp1", "qwen3_moe-ep2", "qwen3_moe-tp2ep2", "qwen3_moe-tp2etp2"];

    [Theory, MemberData(nameof(Checkpoints)), Clause("VFY-2.1")]
    public void AModelHasOneFingerprintInEveryFormatAndLayout(string checkpoint)
    {
        using var hf = Hf(checkpoint);
        using var megatron = ModelFormats.Open(Repository.Vector("torch_dist", checkpoint));
        Assert.Equal(Fingerprint(hf, checkpoint).Value, Fingerprint(megatron, checkpoint).Value);
    }

    /// <summary>The text that is hashed, written down here once more.</summary>
    [Fact, Clause("VFY-2.2")]
    public void TheFingerprintIsThatOfItsDefinition()
    {
        using var reader = new MemoryCheckpoint().Add("b", DType.U8, new Shape(2, 2), [1, 2, 3, 4], Cuts.Of(new Shape(2, 2), 1, 2)).Add("a", DType.BF16, new Shape(1), [5, 6]);
        var a = Hex([.. Encoding.UTF8.GetBytes("a\nbfloat16\n1\n"), 5, 6]);
        var b = Hex([.. Encoding.UTF8.GetBytes("b\nuint8\n2,2\n"), 1, 2, 3, 4]);
        var found = CheckpointFingerprint.Of(new LogicalSide(reader, null), new RunOptions(), new NoProgress(), CancellationToken.None);
        Assert.Equal($"ckpt1:{Hex(Encoding.UTF8.GetBytes($"{a}  a\n{b}  b\n"))}", found.Value);
        Assert.True(found.Is(found.Value) && found.Is(found.Value[6..].ToUpperInvariant()));
        Assert.False(found.Is(found.Value[..^1] + (found.Value[^1] == '0' ? '1' : '0')));
    }

    [Fact, Clause("VFY-2.1")]
    public void OneBitGivesAnotherFingerprint()
    {
        using var hf = Hf("llama-tp1pp1");
        var name = "model.layers.1.self_attn.k_proj.weight";
        using var other = Hf("llama-tp1pp1");
        using var flipped = new ViewedCheckpoint(other, [new Flipped(other, other.Tensors.Single(tensor => tensor.Name == name), 77)]);
        Assert.NotEqual(Fingerprint(hf, "llama-tp1pp1").Value, Fingerprint(flipped, "llama-tp1pp1").Value);
        var (before, after) = (Fingerprint(hf, "llama-tp1pp1").Tensors, Fingerprint(flipped, "llama-tp1pp1").Tensors);
        Assert.Equal([name], before.Zip(after).Where(static pair => pair.First != pair.Second).Select(static pair => pair.First.Name));
    }

    [Theory, MemberData(nameof(Checkpoints)), Clause("VFY-1.1")]
    public void AMegatronCheckpointIsComparedWithItsModel(string checkpoint)
    {
        using var hf = Hf(checkpoint);
        using var megatron = ModelFormats.Open(Repository.Vector("torch_dist", checkpoint));
        Assert.True(Compare(Side(hf, checkpoint), Side(megatron, checkpoint)).IsEqual);
    }

    /// <summary>The element of query row 9 of layer 1 in Megatron's fused, stacked tensor: of 2 groups of 2 query heads, each with its key and value head.</summary>
    [Fact, Clause("VFY-1.6")]
    public void PlacesAreToldInBothNamings()
    {
        using var other = Hf("llama-tp1pp1");
        using var config = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Model("llama-tp1pp1"), "config.json")));
        var (heads, groups, hidden) = (Int(config, "num_attention_heads"), Int(config, "num_key_value_heads"), Int(config, "hidden_size"));
        var size = config.RootElement.TryGetProperty("head_dim", out var given) && given.ValueKind == JsonValueKind.Number ? given.GetInt32() : hidden / heads;
        var name = "model.layers.1.self_attn.k_proj.weight";
        var (row, column) = (size + 1, 3); // the second key head
        using var flipped = new ViewedCheckpoint(other, [new Flipped(other, other.Tensors.Single(tensor => tensor.Name == name), (row * hidden) + column)]);
        using var megatron = ModelFormats.Open(Repository.Vector("torch_dist", "llama-tp1pp1"));
        var report = Compare(Side(flipped, "llama-tp1pp1"), Side(megatron, "llama-tp1pp1"));
        var tensor = Assert.Single(report.Tensors);
        Assert.Equal(1, tensor.Statistics!.Different);
        Assert.Equal($"{name}[{row}, {column}]", report.InA(tensor, tensor.Statistics.First!.Value)!.ToString());
        var fused = report.InB(tensor, tensor.Statistics.First!.Value)!;
        Assert.Contains("linear_qkv.weight", fused.Name, StringComparison.Ordinal);
        var perGroup = (heads / groups) + 2;
        Assert.Equal([((perGroup + (heads / groups)) * size) + 1, 3], fused.Index.TakeLast(2));
    }

    static int Int(JsonDocument config, string name) => config.RootElement.GetProperty(name).GetInt32();

    static string Model(string checkpoint)
    {
        using var expected = JsonDocument.Parse(File.ReadAllBytes(Repository.Vector("torch_dist", checkpoint, "expected.json")));
        return Repository.Vector("hf", expected.RootElement.GetProperty("model").GetString()!);
    }

    static SafetensorsReader Hf(string checkpoint) => SafetensorsReader.Open(Model(checkpoint));

    static LogicalSide Side(ICheckpointReader reader, string checkpoint) =>
        new(reader, CanonicalNames.Of(ModelCheckpoint.Of(reader, reader.Path, new ModelOpenOptions { HfConfig = Model(checkpoint) })));

    static CheckpointFingerprint Fingerprint(ICheckpointReader reader, string checkpoint) => CheckpointFingerprint.Of(Side(reader, checkpoint), new RunOptions(), new NoProgress(), CancellationToken.None);

    static WeightReport Compare(LogicalSide a, LogicalSide b) => WeightComparison.Run(a, b, default, new RunOptions(), new NoProgress(), CancellationToken.None);

    static string Hex(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>A tensor with the lowest bit of one element turned over.</summary>
    sealed class Flipped(ICheckpointReader reader, TensorInfo tensor, long element) : ComputedTensor(tensor.Name, tensor.DType, tensor.Shape, 0)
    {
        protected override void Compute(long first, Span<byte> elements)
        {
            var payload = reader.Locate(tensor, 0);
            payload.Source.ReadExactly(payload.Offset + (first * tensor.DType.ByteSize()), elements);
            var at = (element - first) * tensor.DType.ByteSize();
            if (at >= 0 && at < elements.Length) { elements[(int)at] ^= 1; }
        }
    }
}
