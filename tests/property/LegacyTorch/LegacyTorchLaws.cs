using Ckpt.Formats.IO;
using Ckpt.Formats.LegacyTorch;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Kit;
using Ckpt.Models.Megatron;
using Ckpt.Models.Megatron.Legacy;
using Ckpt.Sharding.Layouts;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.LegacyTorch;

/// <summary>What is written is read again: any layout of a few ranks, every implementation of experts and layers.</summary>
public sealed class LegacyTorchLaws
{
    sealed record Case(
        int Tensor, int Pipeline, int Chunks, int Expert, bool WholeExperts, bool OverTensor, int PerChunk, int FirstStage, long Vocab, bool Moe, bool Latent, bool Tied, bool Gated, int Mtp,
        LegacyExperts Experts, LegacyLayers Layers, int Seed)
    {
        internal StageOptions Stages => new() { FirstStageLayers = FirstStage > 0 ? FirstStage : null, TiedEmbedding = Tied, MtpLayers = Mtp };

        internal int LayerCount => FirstStage > 0 ? FirstStage + ((Pipeline - 1) * PerChunk) : Pipeline * Chunks * PerChunk;

        internal ParallelSizes Sizes => new()
        {
            Tensor = Tensor,
            Pipeline = Pipeline,
            VirtualPipeline = Chunks,
            Expert = Expert,
            ExpertTensor = WholeExperts && !OverTensor ? 1 : null,
            ExpertsOverTensor = OverTensor,
        };
    }

    static Gen<Case> Cases =>
        from grid in Gen.Elements((1, 1, 1), (1, 1, 4), (1, 2, 1), (1, 2, 2), (1, 3, 1), (2, 1, 1), (2, 1, 2), (2, 1, 4), (2, 2, 1), (2, 2, 2), (4, 1, 1), (4, 1, 2), (4, 2, 1))
        let tensor = grid.Item1
        let pipeline = grid.Item2
        from chunks in pipeline == 1 ? Gen.Constant(1) : Gen.Elements(1, 1, 2)
        from perChunk in pipeline * chunks > 2 ? Gen.Constant(1) : Gen.Choose(1, 2)
        from first in pipeline > 1 && chunks == 1 ? Gen.Choose(0, 2) : Gen.Constant(0)
        from moe in grid.Item3 > 1 ? Gen.Constant(true) : Gen.Elements(true, false)
        let expert = grid.Item3
        from flags in Gen.ArrayOf(Gen.Elements(true, false), 5)
        from mtp in Gen.Elements(0, 0, 1)
        from vocab in Gen.Elements(16L, 18L)
        from experts in Gen.Elements(LegacyExperts.TransformerEngineGrouped, LegacyExperts.Sequential, LegacyExperts.Grouped)
        from layers in Gen.Elements(LegacyLayers.TransformerEngine, LegacyLayers.Local, LegacyLayers.MindSpeed)
        from seed in Gen.Choose(0, int.MaxValue - 1)
        select new Case(
            tensor, pipeline, chunks, expert, flags[0], moe && flags[1] && tensor * expert <= LegacyModel.Experts, perChunk, first, vocab, moe, flags[2], flags[3], flags[4], mtp, experts, layers, seed);

    [Fact]
    [Clause("LEG-1.6"), Clause("LEG-1.7"), Clause("LEG-3.2"), Clause("LEG-3.3"), Clause("LEG-4.1"), Clause("LEG-4.3"), Clause("LEG-4.4"), Clause("LEG-5.1"), Clause("LEG-6.1"), Clause("LEG-6.2"), Clause("LEG-6.4")]
    public void WhatIsWrittenIsRead() => Law.Holds(Cases, c =>
    {
        using var folder = new TemporaryFolder();
        var model = new LegacyModel(c.LayerCount, c.Vocab, c.Moe, c.Latent, c.Tied, c.Gated, c.Mtp, c.Seed);
        var own = new PickleDict().Add("rng_state", new PickleList());
        ((PickleList)own.Items[0].Value).Items.Add(TorchTensor.Node(DType.U8, new Shape(5), "old key", new TorchNames()));
        foreach (var (path, bytes) in Fill(model, c, own))
        {
            CheckTorchSave(path, bytes);
            var full = Path.Combine(folder.Path, path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            File.WriteAllBytes(full, bytes);
        }

        using var reader = LegacyTorchReader.Open(folder.Path);

        Assert.Equal(1, reader.Iteration);
        Assert.Equal(model.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal), reader.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal));
        foreach (var (name, _, shape, bytes) in model.Tensors)
        {
            var tensor = reader.Tensors.Single(t => t.Name == name);
            var found = TensorAssembler.ReadWhole(reader, tensor);
            var isVocabulary = name is "embedding.word_embeddings.weight" or "output_layer.weight";
            // LEG-6.2: rows of a vocabulary that ranks cannot share evenly are made up with zeros; MindSpeed's last rank has fewer.
            var rows = isVocabulary && c.Layers != LegacyLayers.MindSpeed ? (c.Vocab + c.Tensor - 1) / c.Tensor * c.Tensor : shape.Dims[0];
            Assert.Equal(new Shape([rows, .. shape.Dims[1..]]), tensor.Shape);
            Assert.True(found.AsSpan(0, bytes.Length).SequenceEqual(bytes), name);
            Assert.True(found.AsSpan(bytes.Length).IndexOfAnyExcept((byte)0) < 0, name);
        }
        for (var i = 0; i < reader.Replicas.Count; i++)
        {
            var (tensor, box, _) = reader.Replicas[i];
            var (info, shape) = (reader.Tensors[tensor], reader.Tensors[tensor].Boxes[box].Box.Shape);
            Assert.Equal(TensorAssembler.ReadBox(reader, info, box), TensorAssembler.ReadPayload(reader.LocateReplica(i), shape, info.DType));
        }
        return true;
    });

    /// <summary>A file is the same bytes that torch.save's own layout gives for what is in it, which other tests hold to real torch.</summary>
    static void CheckTorchSave(string path, byte[] bytes)
    {
        if (!path.EndsWith(".pt", StringComparison.Ordinal)) { return; }
        var file = TorchFile.Open(new MemoryByteSource(path, bytes));
        Assert.True(TorchSave.ToBytes(file.Root, file.Archive.Folder, file.ReadStorages()).AsSpan().SequenceEqual(bytes), path);
        var rng = (PickleList)((PickleDict)file.Root).Find("rng_state")!;
        Assert.Equal([1, 2, 3, 4, 5], TensorAssembler.ReadPayload(file.Locate(file.Tensor(rng.Items[0])), new Shape(5), DType.U8));
    }

    static IReadOnlyList<KeyValuePair<string, byte[]>> Fill(LegacyModel model, Case c, PickleDict? own)
    {
        var layout = Layout(model, c, own);
        return LayoutFiller.Fill(layout, (tensor, box) => LegacyModel.BoxOf(model.Tensors[tensor].Bytes, DType.BF16, model.Tensors[tensor].Shape, layout.Tensors[tensor].Boxes[box]));
    }

    static CheckpointLayout Layout(LegacyModel model, Case c, PickleDict? own) => new LegacyTorchWriter(new LegacyTorchWriterOptions
    {
        Common = model.Common(),
        Layout = ParallelLayout.Of(model.Layers, c.Sizes, c.Stages),
        Stages = c.Stages,
        Experts = c.Experts,
        Layers = c.Layers,
        Cuts = new MegatronCutOptions { Gated = c.Gated },
        Own = own is null ? null : _ => new LegacyOwnEntries(own, key => key == "old key" ? new byte[] { 1, 2, 3, 4, 5 } : throw new InvalidOperationException(key)),
    }).LayOut(model.Targets);
}
