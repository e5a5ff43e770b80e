using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Models.Configs;
using Ckpt.Models.Quantisation;
using Ckpt.PropertyTests.Sharding;
using Ckpt.Sharding.Quantised;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.Models;

/// <summary>Configs as model publishers write them, with tensors that fit and tensors that do not.</summary>
public sealed class QuantSchemeTests
{
    const string Fp8 = """{"quant_method": "fp8", "fmt": "e4m3", "activation_scheme": "dynamic", "weight_block_size": [128, 128]}""";
    const string Int4 = """
        {"quant_method": "compressed-tensors", "format": "pack-quantized", "quantization_status": "compressed", "ignore": ["lm_head", "re:.*self_attn.*"],
         "config_groups": {"group_0": {"targets": ["Linear"], "weights": {"num_bits": 4, "type": "int", "strategy": "group", "group_size": 32, "symmetric": true, "dynamic": false, "actorder": null}}}}
        """;

    [Theory, Clause("QNT-1.5")]
    [InlineData("""{"quant_method": "fp8", "weight_block_size": [128, 128]}""", "_scale_inv", DType.F32, 128, 128, new long[] { 3, 2 })]
    [InlineData("""{"quant_method": "fp8"}""", "_scale_inv", DType.F32, 128, 128, new long[] { 3, 2 })]
    [InlineData("""{"quant_method": "fp8", "weight_block_size": [64, 100], "scale_fmt": "ue8m0"}""", "_scale_inv", DType.F8E8M0, 64, 100, new long[] { 5, 2 })]
    [InlineData("""{"quant_method": "mxfp8"}""", "_scale_inv", DType.U8, 1, 32, new long[] { 300, 7 })]
    [InlineData("""{"quant_method": "fp8", "weight_block_size": null}""", "_scale_inv", DType.BF16, 300, 200, new long[] { })]
    [InlineData("""{"quant_method": "fp8", "activation_scheme": "static"}""", "_scale", DType.F32, 300, 200, new long[] { 1 })]
    [InlineData("""{"quant_method": "fbgemm_fp8"}""", "_scale", DType.F32, 1, 200, new long[] { 300, 1 })]
    [InlineData("""{"quant_method": "compressed-tensors", "format": "float-quantized", "config_groups": {"g": {"targets": ["Linear"], "weights": {"num_bits": 8, "type": "float", "strategy": "channel"}}}}""", "_scale", DType.BF16, 1, 200, new long[] { 300, 1 })]
    [InlineData("""{"quant_method": "compressed-tensors", "format": "float-quantized", "config_groups": {"g": {"targets": ["re:.*proj$"], "weights": {"num_bits": 8, "type": "float", "strategy": "block", "block_structure": "128x128"}}}}""", "_scale", DType.F32, 128, 128, new long[] { 3, 2 })]
    [InlineData("""{"quant_method": "compressed-tensors", "format": "naive-quantized", "config_groups": {"g": {"targets": ["Linear"], "weights": {"num_bits": 8, "type": "float"}}}}""", "_scale", DType.F32, 300, 200, new long[] { 1 })]
    public void EachMethodsBlocksAreFound(string quantisation, string suffix, DType scale, long blockRows, long blockColumns, long[] scaleShape)
    {
        var shape = new Shape(scaleShape);
        var stored = new MemoryCheckpoint().Add("model.layers.0.mlp.up_proj.weight", DType.F8E4M3, new Shape(300, 200), new byte[60000])
            .Add("model.layers.0.mlp.up_proj.weight" + suffix, scale, shape, new byte[shape.Count * scale.ByteSize()])
            .Add("model.layers.0.mlp.up_proj.input_scale", DType.F32, new Shape(1), new byte[4])
            .Add("model.norm.weight", DType.BF16, new Shape(4), new byte[8]);
        var scheme = QuantScheme.Of(Config(quantisation), stored)!;
        var tensor = Assert.Single(scheme.Tensors);
        Assert.Equal((blockRows, blockColumns, (Int128)shape.Count), (tensor.Grid.BlockRows, tensor.Grid.BlockColumns, tensor.Grid.ScaleCount));
        Assert.Equal(["model.layers.0.mlp.up_proj.input_scale"], scheme.Dropped);
        using var view = scheme.Dequantise(stored, DType.BF16);
        Assert.Equal(["model.layers.0.mlp.up_proj.weight", "model.norm.weight"], view.Tensors.Select(static t => t.Name));
        Assert.Equal(new byte[120000], TensorAssembler.ReadWhole(view, view.Tensors[0]));
    }

    /// <summary>Every eight codes of a row in a word, the lowest bits first: by arithmetic.</summary>
    [Fact, Clause("QNT-2.3"), Clause("QNT-1.6")]
    public void PackedIntegersAreUnpacked()
    {
        using var view = QuantScheme.Of(Config(Int4), Packed())!.Dequantise(Packed(), DType.F32);
        var values = MemoryMarshal.Cast<byte, float>(TensorAssembler.ReadWhole(view, Assert.Single(view.Tensors)));
        for (var i = 0; i < 2 * 60; i++)
        {
            var (row, column) = (i / 60, i % 60);
            Assert.Equal((((row + column) % 16) - 8) * (row == 0 ? 1f : 0.5f) * (column < 32 ? 1 : 3), values[i]);
        }
        Assert.Equal(new Shape(2, 60), view.Tensors[0].Shape);
    }

    [Fact, Clause("QNT-2.4")]
    public void FourBitFloatsOfEachKindAreFound()
    {
        const string name = "model.layers.0.mlp.up_proj.weight";
        static string Group(string format, string strategy, int size) =>
            """{"quant_method": "compressed-tensors", "format": "FORMAT", "config_groups": {"g": {"targets": ["Linear"], "weights": {"num_bits": 4, "type": "float", "strategy": "STRATEGY", "group_size": SIZE}}}}"""
                .Replace("FORMAT", format, StringComparison.Ordinal).Replace("STRATEGY", strategy, StringComparison.Ordinal).Replace("SIZE", $"{size}", StringComparison.Ordinal);
        // e2m1 code 7 is 6, code 2 is 1; e4m3 0x40 is 2, 2 / 4 = 0.5; e8m0 128 is 2.
        var nv = new MemoryCheckpoint().Add(name + "_packed", DType.U8, new Shape(1, 8), [.. Enumerable.Repeat((byte)0x27, 8)]).Add(name + "_scale", DType.F8E4M3, new Shape(1, 1), [0x40])
            .Add(name + "_global_scale", DType.F32, new Shape(1), [.. MemoryMarshal.AsBytes<float>([4f])]);
        Assert.Equal(Enumerable.Repeat(new[] { 3f, 0.5f }, 8).SelectMany(static p => p), Floats(QuantScheme.Of(Config(Group("nvfp4-pack-quantized", "tensor_group", 16)), nv)!.Dequantise(nv, DType.F32)));
        var mx = new MemoryCheckpoint().Add(name + "_packed", DType.U8, new Shape(1, 16), [.. Enumerable.Repeat((byte)0x27, 16)]).Add(name + "_scale", DType.U8, new Shape(1, 1), [128]);
        Assert.Equal(Enumerable.Repeat(new[] { 12f, 2f }, 16).SelectMany(static p => p), Floats(QuantScheme.Of(Config(Group("mxfp4-pack-quantized", "group", 32)), mx)!.Dequantise(mx, DType.F32)));
        var oss = new MemoryCheckpoint().Add("model.layers.0.mlp.experts.down_proj_blocks", DType.U8, new Shape(1, 1, 1, 16), [.. Enumerable.Repeat((byte)0x27, 16)])
            .Add("model.layers.0.mlp.experts.down_proj_scales", DType.U8, new Shape(1, 1, 1), [126]);
        using var view = QuantScheme.Of(Config("""{"quant_method": "mxfp4", "modules_to_not_convert": ["model.layers.*.self_attn", "lm_head"]}"""), oss)!.Dequantise(oss, DType.BF16);
        Assert.Equal(("model.layers.0.mlp.experts.down_proj", new Shape(1, 32, 1)), (view.Tensors[0].Name, view.Tensors[0].Shape));
    }

    [Fact]
    public void APlainModelHasNoScheme()
    {
        using var plain = new MemoryCheckpoint().Add("model.norm.weight", DType.BF16, new Shape(4), new byte[8]);
        Assert.Null(QuantScheme.Of(Config(null), plain));
    }

    [Theory, Clause("QNT-1.1")]
    [InlineData("{}")]
    [InlineData("""{"quant_method": "fp8", "weight_block_size": [128]}""")]
    [InlineData("""{"quant_method": "fp8", "weight_block_size": [0, 128]}""")]
    [InlineData("""{"quant_method": "fp8", "fmt": "e3m4"}""")]
    [InlineData("""{"quant_method": "fp8", "scale_fmt": "log"}""")]
    [InlineData("""{"quant_method": "compressed-tensors"}""")]
    [InlineData("""{"quant_method": "compressed-tensors", "format": "pack-quantized", "config_groups": {}}""")]
    [InlineData("""{"quant_method": "compressed-tensors", "config_groups": {"g": {"targets": [], "weights": {}}}}""")]
    [InlineData("""{"quant_method": "compressed-tensors", "format": "pack-quantized", "config_groups": {"g": {"targets": [], "weights": {"strategy": "token"}}}}""")]
    [InlineData("""{"quant_method": "compressed-tensors", "format": "pack-quantized", "config_groups": {"g": {"targets": [], "weights": {"strategy": "group"}}}}""")]
    [InlineData("""{"quant_method": "compressed-tensors", "format": "float-quantized", "config_groups": {"g": {"targets": [], "weights": {"strategy": "block", "block_structure": "128by128"}}}}""")]
    [InlineData("""{"quant_method": "compressed-tensors", "format": "float-quantized", "config_groups": {"g": {"targets": [], "weights": {"type": "complex"}}}}""")]
    public void AConfigThatSaysNothingSensibleIsMalformed(string quantisation) => Refused<MalformedCheckpointException>("QNT-1.1", quantisation, Blocks());

    [Theory, Clause("QNT-1.2")]
    [InlineData("""{"quant_method": "gptq", "bits": 4}""", "gptq")]
    [InlineData("""{"quant_method": "awq"}""", "awq")]
    [InlineData("""{"quant_method": "bitsandbytes"}""", "bitsandbytes")]
    [InlineData("""{"quant_method": "gguf"}""", "gguf")]
    [InlineData("""{"quant_method": "modelopt"}""", "modelopt")]
    [InlineData("""{"quant_method": "compressed-tensors", "format": "marlin-24", "config_groups": {"g": {"targets": [], "weights": {"num_bits": 4}}}}""", "marlin-24")]
    [InlineData("""{"quant_method": "compressed-tensors", "format": "pack-quantized", "config_groups": {"g": {"targets": [], "weights": {"num_bits": 3}}}}""", "num_bits is 3")]
    [InlineData("""{"quant_method": "compressed-tensors", "sparsity_config": {"format": "sparse-24-bitmask"}, "format": "pack-quantized", "config_groups": {"g": {"targets": [], "weights": {}}}}""", "sparse-24-bitmask")]
    public void OtherMethodsAreRefusedByName(string quantisation, string named) =>
        Assert.Contains(named, Refused<UnsupportedCheckpointException>("QNT-1.2", quantisation, Blocks()).Message, StringComparison.Ordinal);

    [Fact, Clause("QNT-1.2")]
    public void ColumnsInAnOrderOfTheirOwnAreRefused()
    {
        Refused<UnsupportedCheckpointException>("QNT-1.2", Int4.Replace("\"actorder\": null", "\"actorder\": \"group\"", StringComparison.Ordinal), Packed());
        // Ordering that only steers calibration changes nothing that is stored.
        Assert.Single(QuantScheme.Of(Config(Int4.Replace("\"actorder\": null", "\"actorder\": \"weight\"", StringComparison.Ordinal)), Packed())!.Tensors);
    }

    [Fact, Clause("QNT-1.3")]
    public void ConfigAndTensorsMustAgree()
    {
        var plain = new MemoryCheckpoint().Add("model.norm.weight", DType.BF16, new Shape(4), new byte[8]);
        Assert.Contains("quantization_config", Refused<MalformedCheckpointException>("QNT-1.3", Fp8, plain).Message, StringComparison.Ordinal);
        Assert.Contains("weight_scale_inv", Refused<MalformedCheckpointException>("QNT-1.3", null, Blocks()).Message, StringComparison.Ordinal);
        Assert.Contains("weight_packed", Refused<MalformedCheckpointException>("QNT-1.3", null, Packed()).Message, StringComparison.Ordinal);
        foreach (var ignored in new[] { "up_proj", "model.layers.0", "model.layers.0.mlp.up_proj", "model." })
        {
            var error = Refused<MalformedCheckpointException>("QNT-1.3", Fp8[..^1] + $$""", "modules_to_not_convert": ["{{ignored}}"]}""", Blocks());
            Assert.Contains("model.layers.0.mlp.up_proj.weight", error.Message, StringComparison.Ordinal);
            Assert.Contains(ignored.TrimEnd('.'), error.Message, StringComparison.Ordinal);
        }
        Refused<MalformedCheckpointException>("QNT-1.3", Int4.Replace("lm_head", "re:.*up_.*", StringComparison.Ordinal), Packed());
        Refused<MalformedCheckpointException>("QNT-1.3", Int4.Replace("Linear", "re:.*down_proj", StringComparison.Ordinal), Packed());
        Refused<MalformedCheckpointException>("QNT-1.3", Int4.Replace("pack-quantized", "float-quantized", StringComparison.Ordinal), Packed());
        // A name that only begins alike is another module.
        Assert.Single(QuantScheme.Of(Config(Fp8[..^1] + """, "modules_to_not_convert": ["model.layers.0.mlp.up", "proj", "lm_head"]}"""), Blocks())!.Tensors);
    }

    [Fact, Clause("QNT-1.4")]
    public void WhatBelongsTogetherMustBeThere()
    {
        Refused<MalformedCheckpointException>("QNT-1.4", Fp8, new MemoryCheckpoint().Add("a.weight", DType.F8E4M3, new Shape(2, 2), new byte[4]));
        Refused<MalformedCheckpointException>("QNT-1.4", Fp8, Blocks(scaleType: DType.I32));
        Refused<MalformedCheckpointException>("QNT-1.4", Fp8, Blocks(DType.F8E5M2));
        Refused<MalformedCheckpointException>("QNT-1.4", Int4, Packed(without: "_scale"));
        Refused<MalformedCheckpointException>("QNT-1.4", Int4, Packed(without: "_shape"));
        Refused<MalformedCheckpointException>("QNT-1.4", Int4.Replace("\"symmetric\": true", "\"symmetric\": false", StringComparison.Ordinal), Packed());
        Refused<MalformedCheckpointException>("QNT-1.4", """{"quant_method": "mxfp4"}""", new MemoryCheckpoint().Add("a_blocks", DType.U8, new Shape(1, 1, 1, 16), new byte[16]));
    }

    /// <summary>Scale shapes that would overflow or read past the end, and packed shapes that lie.</summary>
    [Fact, Clause("QNT-1.5"), Clause("QNT-1.6")]
    public void ShapesThatDoNotFitAreNamed()
    {
        foreach (var scale in new Shape[] { new(2, 1), new(1, 2, 1), new(1, 1), new(4), new() })
        {
            var error = Refused<MalformedCheckpointException>("QNT-1.5", Fp8, Blocks(scaleShape: scale));
            Assert.Contains("[1, 2]", error.Message, StringComparison.Ordinal);
        }
        Refused<MalformedCheckpointException>("QNT-1.5", Fp8, new Sized("a.weight", new Shape(1L << 40, 1L << 40), "a.weight_scale_inv", new Shape(1L << 33, 1L << 33)));
        Refused<MalformedCheckpointException>("QNT-1.5", Fp8, new Sized("a.weight", new Shape(long.MaxValue, long.MaxValue, 0), "a.weight_scale_inv", new Shape(0)));
        Refused<MalformedCheckpointException>("QNT-1.5", Fp8, new Sized("a.weight", new Shape(128), "a.weight_scale_inv", new Shape(1)));
        Refused<MalformedCheckpointException>("QNT-1.5", """{"quant_method": "mxfp4"}""", new Sized("a_blocks", new Shape(1, 2, 3, 8), "a_scales", new Shape(1, 2, 3), DType.U8, DType.U8));
        Refused<MalformedCheckpointException>("QNT-1.5", """{"quant_method": "mxfp4"}""", new Sized("a_blocks", new Shape(1, 2, 3, 16), "a_scales", new Shape(1, 2, 4), DType.U8, DType.U8));
        foreach (var (rows, columns) in new[] { (2L, 65L), (2L, 56L), (3L, 60L), (-2L, 60L), (2L, -60L), (long.MinValue, long.MaxValue), (2L, long.MaxValue) })
        {
            Refused<MalformedCheckpointException>("QNT-1.6", Int4, Packed(rows, columns));
        }
    }

    [Fact, Clause("QNT-1.3"), Clause("QNT-1.5")]
    public void NoTensorsUpsetIt() => Law.Holds(
        from seed in Gen.Choose(0, int.MaxValue)
        from config in Gen.Elements(Fp8, Int4, """{"quant_method": "mxfp4"}""", """{"quant_method": "fbgemm_fp8"}""", """{"quant_method": "fp8", "weight_block_size": null}""")
        select (seed, config),
        c =>
        {
            var random = new Random(c.seed);
            var stored = new MemoryCheckpoint();
            foreach (var name in new[] { "a.weight", "a.weight_packed", "a.weight_scale", "a.weight_scale_inv", "a.weight_shape", "a.weight_zero_point", "a_blocks", "a_scales", "a.scale" })
            {
                if (random.Next(3) == 0) { continue; }
                var dtype = new[] { DType.U8, DType.I8, DType.I32, DType.I64, DType.F8E4M3, DType.F8E8M0, DType.F32, DType.BF16 }[random.Next(8)];
                var shape = new Shape([.. Enumerable.Range(0, random.Next(5)).Select(_ => (long)random.Next(4) * (random.Next(6) == 0 ? 16 : 1))]);
                stored.Add(name, dtype, shape, Copying.Bytes(random.Next(), dtype.ByteLength(shape.Count)));
            }
            try
            {
                if (QuantScheme.Of(Config(c.config), stored) is not { } scheme) { return true; }
                using var view = scheme.Dequantise(stored, DType.BF16);
                foreach (var tensor in view.Tensors) { TensorAssembler.ReadWhole(view, tensor); }
            }
            catch (CheckpointException) { }
            return true;
        }, 400);

    [Fact, Clause("QNT-6.1")]
    public void TheConfigSaysWhatTheWeightsAre()
    {
        var config = Config(Fp8[..^1] + """, "modules_to_not_convert": ["lm_head"]}""");
        var plain = config.WithoutQuantisation();
        Assert.False(plain.Json.ContainsKey("quantization_config"));
        Assert.Null(plain.Model.QuantMethod);
        Assert.Equal(config.Json.Count - 1, plain.Json.Count);
        using var model = new MemoryCheckpoint().Add("model.layers.0.mlp.up_proj.weight", DType.F8E4M3, new Shape(2, 2), new byte[4]).Add("lm_head.weight", DType.BF16, new Shape(2, 2), new byte[8])
            .Add("model.embed_tokens.weight", DType.BF16, new Shape(2, 2), new byte[8]).Add("model.norm.weight", DType.BF16, new Shape(2), new byte[4]);
        var again = plain.WithFloat8Blocks(new QuantOptions(64, 128, ScaleForm.PowerOfTwo), Float8Modules.NotConverted(model.Tensors));
        var read = QuantConfig.Of(HfConfig.Parse(again.ToUtf8(), "config.json"))!;
        Assert.Equal((QuantMethod.Float8, (64L, 128L), true), (read.Method, read.Block!.Value, read.HasPowerOfTwoScales));
        Assert.Equal(["lm_head"], read.Ignored);
        Assert.Equal("fp8", again.Model.QuantMethod);
    }

    [Theory, Clause("QNT-6.1")]
    [InlineData("model.layers.0.self_attn.q_proj.weight", true, new long[] { 8, 8 })]
    [InlineData("model.layers.0.mlp.experts.3.gate_proj.weight", true, new long[] { 8, 8 })]
    [InlineData("model.layers.0.mlp.gate_proj.weight", true, new long[] { 8, 8 })]
    [InlineData("model.layers.0.mlp.experts.gate_up_proj", true, new long[] { 2, 8, 8 })]
    [InlineData("model.layers.0.mlp.gate.weight", false, new long[] { 8, 8 })]
    [InlineData("model.layers.0.mlp.shared_expert_gate.weight", false, new long[] { 1, 8 })]
    [InlineData("model.layers.0.linear_attn.in_proj_ba.weight", false, new long[] { 8, 8 })]
    [InlineData("model.layers.0.linear_attn.in_proj_qkvz.weight", true, new long[] { 8, 8 })]
    [InlineData("model.layers.0.input_layernorm.weight", false, new long[] { 8 })]
    [InlineData("model.visual.blocks.0.attn.qkv.weight", false, new long[] { 8, 8 })]
    [InlineData("model.layers.4.eh_proj.weight", false, new long[] { 8, 16 })]
    [InlineData("model.embed_tokens.weight", false, new long[] { 8, 8 })]
    [InlineData("lm_head.weight", false, new long[] { 8, 8 })]
    public void LinearLayersAreQuantisedAndGatesAreNot(string name, bool expected, long[] shape) => Assert.Equal(expected, Float8Modules.IsConverted(name, new Shape(shape)));

    static T Refused<T>(string clause, string? quantisation, ICheckpointReader reader)
        where T : CheckpointException
    {
        var error = Assert.Throws<T>(() => QuantScheme.Of(Config(quantisation), reader));
        Assert.Equal(clause, error.Clause);
        return error;
    }

    static HfConfig Config(string? quantisation)
    {
        var json = JsonNode.Parse("""{"model_type": "llama", "num_hidden_layers": 1, "hidden_size": 64, "num_attention_heads": 2, "intermediate_size": 64, "vocab_size": 32}""")!.AsObject();
        if (quantisation is not null) { json["quantization_config"] = JsonNode.Parse(quantisation); }
        return HfConfig.Parse(json, "config.json");
    }

    static MemoryCheckpoint Blocks(DType codes = DType.F8E4M3, DType scaleType = DType.F32, Shape? scaleShape = null)
    {
        var scale = scaleShape ?? new Shape(1, 2);
        return new MemoryCheckpoint().Add("model.layers.0.mlp.up_proj.weight", codes, new Shape(2, 130), new byte[260])
            .Add("model.layers.0.mlp.up_proj.weight_scale_inv", scaleType, scale, new byte[scale.Count * scaleType.ByteSize()]);
    }

    static MemoryCheckpoint Packed(long rows = 2, long columns = 60, string? without = null)
    {
        const string name = "model.layers.0.mlp.up_proj.weight";
        var words = new uint[16];
        for (var i = 0; i < 120; i++) { words[(i / 60 * 8) + (i % 60 / 8)] |= (uint)((i / 60) + (i % 60)) % 16 << (4 * (i % 60 % 8)); }
        var parts = new Dictionary<string, (DType, Shape, byte[])>
        {
            ["_packed"] = (DType.I32, new Shape(2, 8), [.. MemoryMarshal.AsBytes<uint>(words)]),
            ["_scale"] = (DType.F32, new Shape(2, 2), [.. MemoryMarshal.AsBytes<float>([1, 3, 0.5f, 1.5f])]),
            ["_shape"] = (DType.I64, new Shape(2), [.. MemoryMarshal.AsBytes<long>([rows, columns])]),
        };
        var stored = new MemoryCheckpoint();
        foreach (var (part, (dtype, shape, bytes)) in parts)
        {
            if (part != without) { stored.Add(name + part, dtype, shape, bytes); }
        }
        return stored;
    }

    static float[] Floats(ICheckpointReader view) => [.. MemoryMarshal.Cast<byte, float>(TensorAssembler.ReadWhole(view, view.Tensors[0]))];

    /// <summary>Two tensors that announce what they like and hold nothing.</summary>
    sealed class Sized(string codes, Shape shape, string scale, Shape scaleShape, DType codeType = DType.F8E4M3, DType scaleType = DType.F32) : ICheckpointReader
    {
        public string Format => "sized";

        public string Path => "sized";

        public IReadOnlyList<FileEntry> Files => [];

        public IReadOnlyList<TensorInfo> Tensors { get; } = [new TensorInfo(codes, codeType, shape, []), new TensorInfo(scale, scaleType, scaleShape, [])];

        public IReadOnlyList<ObjectInfo> Objects => [];

        public JsonObject Describe() => [];

        public BoxPayload Locate(TensorInfo tensor, int box) => throw new InvalidOperationException("nothing is read");

        public void Dispose() { }
    }
}
