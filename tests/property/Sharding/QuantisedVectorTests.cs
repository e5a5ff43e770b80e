using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Ckpt.Formats.Safetensors;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Sharding.Quantised;
using Xunit;

namespace Ckpt.PropertyTests.Sharding;

/// <summary>Against what torch 2.14.1 and transformers 5.12.1 give; large results by their SHA-256.</summary>
public sealed class QuantisedVectorTests
{
    static readonly JsonObject s_hashes = JsonNode.Parse(File.ReadAllBytes(Repository.Vector("quant", "sha256.json")))!.AsObject();

    readonly Dictionary<string, (DType DType, Shape Shape, byte[] Bytes)> _blocks = Read("fp8_blocks.safetensors");

    /// <summary>By block, row and tensor, and with powers of two: quantised, and from there back.</summary>
    [Theory, Clause("QNT-2.1"), Clause("QNT-5.1")]
    [InlineData(128, 128, ScaleForm.Float32, "weight", "weight_scale_inv", "dequant_")]
    [InlineData(1, 200, ScaleForm.Float32, "rowwise_weight", "rowwise_scale", "rowwise_dequant_")]
    [InlineData(300, 200, ScaleForm.Float32, "tensor_weight", "tensor_scale", "tensor_dequant_")]
    [InlineData(128, 128, ScaleForm.E8M0, "ue8m0_weight", "ue8m0_scale_bytes", "ue8m0_dequant_")]
    [InlineData(128, 128, ScaleForm.PowerOfTwo, "ue8m0_weight", null, "ue8m0_dequant_")]
    public void RaggedBlocksAreAsTorchMakesThem(int rows, int columns, ScaleForm form, string weight, string? scale, string numbers)
    {
        using var quantised = QuantViews.Quantise(Original("original_f32"), static _ => true, new QuantOptions(rows, columns, form));
        var (codes, scales) = (Tensor(quantised, "w"), Tensor(quantised, "w_scale_inv"));
        Assert.Equal(Hash(weight), Sha(quantised, codes));
        if (scale is not null) { Assert.Equal(_blocks[scale].Bytes, TensorAssembler.ReadWhole(quantised, scales)); }
        foreach (var (to, name) in new[] { (DType.F32, "f32"), (DType.BF16, "bf16") })
        {
            if (!s_hashes.ContainsKey(numbers + name)) { continue; }
            var tensor = new QuantisedTensor("w", codes.Shape, codes, CodeTable.Float8(DType.F8E4M3), 200, scales, BlockGrid.Of(codes.Shape, rows, columns));
            using var view = QuantViews.Dequantise(quantised, [tensor], to);
            Assert.Equal(Hash(numbers + name), Sha(view, Assert.Single(view.Tensors)));
        }
    }

    [Fact, Clause("QNT-2.1")]
    public void AScaleMayBeOfANarrowType()
    {
        using var quantised = QuantViews.Quantise(Original("original_f32"), static _ => true, QuantOptions.Default);
        var codes = Tensor(quantised, "w");
        var narrow = new byte[12];
        Ckpt.Sharding.Elements.ElementCast.Cast(DType.F32, _blocks["weight_scale_inv"].Bytes, DType.BF16, narrow);
        var stored = new MemoryCheckpoint().Add("w", DType.F8E4M3, codes.Shape, TensorAssembler.ReadWhole(quantised, codes)).Add("s", DType.BF16, new Shape(3, 2), narrow);
        using var view = QuantViews.Dequantise(stored, [Blocks(stored, "w", "s")], DType.F32);
        Assert.Equal(Hash("dequant_f32_default_bf16_scale"), Sha(view, Assert.Single(view.Tensors)));
    }

    [Fact, Clause("QNT-5.1")]
    public void ActivationsAreQuantisedInGroupsOfARow()
    {
        using var quantised = QuantViews.Quantise(Original("act_f32"), static _ => true, new QuantOptions(1, 128, ScaleForm.Float32));
        Assert.Equal(_blocks["act_q"].Bytes, TensorAssembler.ReadWhole(quantised, Tensor(quantised, "w")));
        Assert.Equal(_blocks["act_scale"].Bytes, TensorAssembler.ReadWhole(quantised, Tensor(quantised, "w_scale_inv")));
    }

    [Theory, Clause("QNT-2.1")]
    [InlineData(DType.F32, "even_transformers_dequant_f32")]
    [InlineData(DType.BF16, "even_transformers_dequant_bf16")]
    public void EvenBlocksAreAsTransformersDequantisesThem(DType to, string expected)
    {
        var vector = Read("fp8_blocks_even.safetensors");
        var stored = new MemoryCheckpoint().Add("w", DType.F8E4M3, vector["weight"].Shape, vector["weight"].Bytes).Add("s", DType.F32, new Shape(2, 3), vector["weight_scale_inv"].Bytes);
        using var view = QuantViews.Dequantise(stored, [Blocks(stored, "w", "s")], to);
        Assert.Equal(Hash(expected), Sha(view, Assert.Single(view.Tensors)));
    }

    [Theory, Clause("QNT-2.2")]
    [InlineData(DType.F32, "dequant_f32")]
    [InlineData(DType.BF16, "dequant_bf16")]
    public void MxFloat4IsAsTransformersUnpacksIt(DType to, string expected)
    {
        var vector = Read("mxfp4.safetensors");
        var stored = new MemoryCheckpoint().Add("b", DType.U8, vector["blocks"].Shape, vector["blocks"].Bytes).Add("s", DType.U8, vector["scales"].Shape, vector["scales"].Bytes);
        var shape = new Shape(3, 48, 64);
        var tensor = new QuantisedTensor("x", shape, Tensor(stored, "b"), CodeTable.Float4, 32, Tensor(stored, "s"), BlockGrid.Of(shape, 1, 32)) { IsTransposed = true };
        using var view = QuantViews.Dequantise(stored, [tensor], to);
        Assert.Equal(vector[expected].Shape, Assert.Single(view.Tensors).Shape);
        Assert.Equal(vector[expected].Bytes, TensorAssembler.ReadWhole(view, view.Tensors[0]));
    }

    MemoryCheckpoint Original(string name) => new MemoryCheckpoint().Add("w", DType.F32, _blocks[name].Shape, _blocks[name].Bytes);

    static QuantisedTensor Blocks(ICheckpointReader reader, string codes, string scale)
    {
        var tensor = Tensor(reader, codes);
        return new QuantisedTensor(codes, tensor.Shape, tensor, CodeTable.Float8(tensor.DType), tensor.Shape[1], Tensor(reader, scale), BlockGrid.Of(tensor.Shape, 128, 128));
    }

    static string Hash(string name) => (string)s_hashes[name]!;

    static string Sha(ICheckpointReader reader, TensorInfo tensor) => Convert.ToHexStringLower(SHA256.HashData(TensorAssembler.ReadWhole(reader, tensor)));

    static TensorInfo Tensor(ICheckpointReader reader, string name) => reader.Tensors.Single(t => t.Name == name);

    static Dictionary<string, (DType DType, Shape Shape, byte[] Bytes)> Read(string file)
    {
        using var reader = SafetensorsReader.Open(Repository.Vector("quant", file));
        return reader.Tensors.ToDictionary(static t => t.Name, t => (t.DType, t.Shape, TensorAssembler.ReadWhole(reader, t)));
    }
}
