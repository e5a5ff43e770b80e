using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Ckpt.Formats;
using Ckpt.Formats.Safetensors;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Formats.TorchDist;
using Ckpt.Kit;
using Ckpt.Models.Bridge;
using Ckpt.Models.Configs;
using Ckpt.Models.Quantisation;
using Ckpt.PropertyTests.Sharding;
using Ckpt.Sharding.Elements;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Plans;
using Ckpt.Sharding.Quantised;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.Models;

/// <summary>8-bit models of small random sizes, to Megatron's names and back.</summary>
public sealed class KeepLaws
{
    const int Block = 4;

    /// <summary>Sizes in blocks, and by how much each is off.</summary>
    static Gen<Case> Cases(int off) =>
        from seed in Gen.Choose(0, int.MaxValue)
        from groups in Gen.Choose(1, 2)
        from heads in Gen.Choose(1, 2)
        from head in Gen.Choose(1, 2)
        from hidden in Gen.Choose(1, 3)
        from ffn in Gen.Choose(1, 3)
        from layers in Gen.Choose(1, 2)
        from headOff in Gen.Choose(0, off)
        from hiddenOff in Gen.Choose(0, Block - 1)
        from ffnOff in Gen.Choose(0, off)
        from stacked in Gen.Elements(KeyForm.Stacked, KeyForm.PerLayer)
        from padded in Gen.Choose(0, 2)
        select new Case(seed, groups, heads * groups, (head * Block) + headOff, (hidden * Block) + hiddenOff, (ffn * Block) + ffnOff, layers, stacked, padded * Block);

    [Fact, Clause("QNT-4.1"), Clause("QNT-4.2")]
    public void WholeBlocksComeBackBitForBit() => Law.Holds(
        Cases(off: 0),
        c =>
        {
            using var hf = Model(c, out var config, out var map);
            using var there = Write(hf, config, map, Misaligned.Dequantise, out var kept);
            if (kept.Misaligned.Count > 0 || !there.Tensors.Any(static t => t.Name.EndsWith("linear_qkv.weight_scale_inv", StringComparison.Ordinal))) { return false; }
            using var back = Write(there, config, map.Reverse(), Misaligned.Dequantise, out var keptBack);
            return keptBack.Misaligned.Count == 0 && hf.Tensors.All(t => t.Name.StartsWith("lm_head", StringComparison.Ordinal) || Same(hf, t.Name, back)) && back.Tensors.Count == hf.Tensors.Count;
        });

    [Fact, Clause("QNT-4.2"), Clause("QNT-4.3")]
    public void WhatIsCutIsWrittenAsTheNumbersItStandsFor() => Law.Holds(
        Cases(off: Block - 1),
        c =>
        {
            using var hf = Model(c, out var config, out var map);
            using var there = Write(hf, config, map, Misaligned.Dequantise, out var kept);
            using var plain = Plain(hf, config, map, DType.BF16);
            using var numbers = Numbers(there, config);
            foreach (var tensor in plain.Tensors)
            {
                var isCut = kept.Misaligned.Any(m => m.Name == tensor.Name);
                var found = Info(there, tensor.Name);
                // What was kept is 8-bit, and stands for the same; what was not is named and is the same already.
                if (isCut && (found.DType != DType.BF16 || kept.AsStored.Contains(tensor.Name) || there.Tensors.Any(t => t.Name == tensor.Name + "_scale_inv"))) { return false; }
                if (!Same(plain, tensor.Name, numbers)) { return false; }
            }
            return kept.Misaligned.All(static m => m.Reason.Length > 0 && !m.IsRequantised) && kept.Misaligned.Count > 0 == (c.HeadDim % Block != 0 || c.Ffn % Block != 0);
        });

    [Fact, Clause("QNT-4.3"), Clause("QNT-5.3")]
    public void WhatIsCutIsQuantisedAnewWithinTheBound() => Law.Holds(
        Cases(off: Block - 1),
        c =>
        {
            using var hf = Model(c, out var config, out var map);
            using var there = Write(hf, config, map, Misaligned.Requantise, out var kept);
            using var plain = Plain(hf, config, map, DType.F32);
            using var numbers = Numbers(there, config, DType.F32);
            foreach (var name in kept.Misaligned.Select(static m => m.Name))
            {
                if (Info(there, name).DType != DType.F8E4M3) { return false; }
                var (a, b) = (Floats(plain, name), Floats(numbers, name));
                var largest = a.Max(Math.Abs);
                if (a.Zip(b).Any(p => Math.Abs(p.First - p.Second) > largest * 1.0001 / 28)) { return false; }
            }
            return kept.Errors.Select(static e => e.Name).SequenceEqual(kept.Misaligned.Select(static m => m.Name))
                && kept.Errors.All(static e => e.Largest is >= 0 and <= 1.0001f / 28)
                && plain.Tensors.Where(t => kept.Misaligned.All(m => m.Name != t.Name)).All(t => Same(plain, t.Name, numbers));
        });

    /// <summary>The runner reads views in any order and from several threads, and comes to the same.</summary>
    [Theory, Clause("QNT-4.3")]
    [InlineData(Misaligned.Dequantise)]
    [InlineData(Misaligned.Requantise)]
    public void TheRunnerWritesWhatThePlanSays(Misaligned misaligned)
    {
        using var hf = Model(new Case(7, 2, 4, 6, 11, 9, 2, KeyForm.Stacked, Block), out var config, out var map);
        var kept = QuantScheme.Of(config, hf)!.Keep(hf, map, misaligned, DType.BF16);
        var plan = CopyPlanner.Plan(kept.Source.Tensors, kept.Map, Copying.Framed(TargetMaker.Make(kept.Source.Tensors, kept.Map, null, true, kept.AsStored)));
        using var folder = new TemporaryFolder();
        using var expected = PlanFiller.Fill(plan, kept.Source);
        using var found = Copying.Open(Copying.Run(folder, "out", plan, kept.Source, blockBytes: 64), plan.Layout);
        Assert.All(expected.Tensors, tensor => Assert.True(Same(expected, tensor.Name, found), tensor.Name));
    }

    /// <summary>Through files: safetensors, torch_dist, safetensors.</summary>
    [Fact, Clause("QNT-4.2")]
    public void CodesLiveInTorchDistToo()
    {
        using var hf = Model(new Case(7, 2, 4, 2 * Block, 11, 3 * Block, 2, KeyForm.Stacked, Block), out var config, out var map);
        using var folder = new TemporaryFolder();
        using var first = Files(hf, Copying.IdentityOf(hf), new SafetensorsWriter(), folder["hf"]);
        var there = QuantScheme.Of(config, first)!.Keep(first, map, Misaligned.Dequantise, DType.BF16);
        using var megatron = Files(there.Source, there.Map, new TorchDistWriter(new TorchDistWriterOptions { Common = new PickleDict() }), folder["mcore"]);
        Assert.Equal(DType.F8E4M3, Info(megatron, "decoder.layers.self_attention.linear_qkv.weight").DType);
        var back = QuantScheme.Of(config, megatron)!.Keep(megatron, map.Reverse(), Misaligned.Dequantise, DType.BF16);
        using var last = Files(back.Source, back.Map, new SafetensorsWriter(), folder["back"]);
        Assert.Equal(hf.Tensors.Count, last.Tensors.Count);
        Assert.All(hf.Tensors, tensor => Assert.True(Same(hf, tensor.Name, last), tensor.Name));
    }

    static ICheckpointReader Files(ICheckpointReader source, TensorMap map, ICheckpointWriter writer, string folder)
    {
        var plan = CopyPlanner.Plan(source.Tensors, map, writer.LayOut(TargetMaker.Make(source.Tensors, map, null, writer is TorchDistWriter)));
        using var filled = PlanFiller.Fill(plan, source);
        LayoutFiller.Write(plan.Layout, (tensor, box) => TensorAssembler.ReadBox(filled, filled.Tensors[tensor], box), folder);
        return CheckpointOpener.Open(folder);
    }

    static MemoryCheckpoint Model(Case c, out HfConfig config, out TensorMap map)
    {
        var vocab = 3 * Block;
        config = HfConfig.Parse(
            new JsonObject
            {
                ["model_type"] = "llama",
                ["num_hidden_layers"] = c.Layers,
                ["hidden_size"] = c.Hidden,
                ["num_attention_heads"] = c.Heads,
                ["num_key_value_heads"] = c.Groups,
                ["head_dim"] = c.HeadDim,
                ["intermediate_size"] = c.Ffn,
                ["vocab_size"] = vocab,
                ["tie_word_embeddings"] = false,
                ["quantization_config"] = new JsonObject { ["quant_method"] = "fp8", ["weight_block_size"] = new JsonArray(Block, Block) },
            },
            "config.json");
        map = BridgeCompiler.Compile(config.Family, config.Model, new BridgeOptions { KeyForm = c.Form, PaddedVocab = vocab + c.Padding });
        var random = new Random(c.Seed);
        var result = new MemoryCheckpoint();
        foreach (var tensor in map.Left.Tensors)
        {
            // The output layer too, so that padding meets blocks.
            if (tensor.Shape.Rank != 2 || tensor.Name.Contains("embed", StringComparison.Ordinal))
            {
                result.Add(tensor.Name, DType.BF16, tensor.Shape, Copying.Bytes(random.Next(), tensor.Shape.Count * 2).Select(static (b, i) => i % 2 == 1 ? (byte)(b & 0x3F) : b).ToArray());
                continue;
            }
            result.Add(tensor.Name, DType.F8E4M3, tensor.Shape, [.. Copying.Bytes(random.Next(), tensor.Shape.Count).Select(static b => b % 128 == 127 ? (byte)8 : b)]);
            var scales = BlockGrid.ScaleShape(tensor.Shape, Block, Block);
            var values = Enumerable.Range(0, (int)scales.Count).Select(_ => random.NextSingle() + 0.5f).ToArray();
            result.Add(tensor.Name + "_scale_inv", DType.F32, scales, [.. MemoryMarshal.AsBytes<float>(values)]);
        }
        return result;
    }

    static MemoryCheckpoint Write(ICheckpointReader source, HfConfig config, TensorMap map, Misaligned misaligned, out KeptMap kept)
    {
        kept = QuantScheme.Of(config, source)!.Keep(source, map, misaligned, DType.BF16);
        return Copy(kept.Source, kept.Map, TargetMaker.Make(kept.Source.Tensors, kept.Map, DType.BF16, true, kept.AsStored));
    }

    static MemoryCheckpoint Plain(ICheckpointReader source, HfConfig config, TensorMap map, DType to)
    {
        var view = QuantScheme.Of(config, source)!.Dequantise(source, to);
        return Copy(view, map, TargetMaker.Make(view.Tensors, map, to, false));
    }

    static ICheckpointReader Numbers(ICheckpointReader there, HfConfig config, DType to = DType.BF16) =>
        there.Tensors.Any(static t => t.DType == DType.F8E4M3)
            ? Copy(QuantScheme.Of(config, there)!.Dequantise(there, to), to)
            : Copy(there, to);

    static MemoryCheckpoint Copy(ICheckpointReader reader, DType to) => Copy(reader, Copying.IdentityOf(reader), TargetMaker.Make(reader.Tensors, Copying.IdentityOf(reader), to, false));

    static MemoryCheckpoint Copy(ICheckpointReader reader, TensorMap map, IReadOnlyList<TensorTarget> targets)
    {
        Assert.True(MapCoverage.Of(reader.Tensors, map.Left).IsComplete);
        return PlanFiller.Fill(CopyPlanner.Plan(reader.Tensors, map, Copying.Framed(targets)), reader);
    }

    static TensorInfo Info(ICheckpointReader reader, string name) => reader.Tensors.Single(t => t.Name == name);

    static float[] Floats(ICheckpointReader reader, string name)
    {
        var bytes = TensorAssembler.ReadWhole(reader, Info(reader, name));
        var floats = new float[Info(reader, name).Shape.Count];
        ElementCast.Cast(Info(reader, name).DType, bytes, DType.F32, MemoryMarshal.AsBytes(floats.AsSpan()));
        return floats;
    }

    static bool Same(ICheckpointReader a, string name, ICheckpointReader b) =>
        Info(a, name).DType == Info(b, name).DType && TensorAssembler.ReadWhole(a, Info(a, name)).AsSpan().SequenceEqual(TensorAssembler.ReadWhole(b, Info(b, name)));

    sealed record Case(int Seed, int Groups, int Heads, int HeadDim, int Hidden, int Ffn, int Layers, KeyForm Form, int Padding);
}
