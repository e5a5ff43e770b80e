using Ckpt.Formats;
using Ckpt.Formats.Megatron;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Formats.TorchDist;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.PropertyTests.TorchDist;

/// <summary>Objects beside tensors: what is written reads back, and what was stored is carried byte for byte.</summary>
public sealed class TorchDistObjectTests
{
    [Theory, Clause("TDC-4.9")]
    [InlineData(TorchDistForm.Minimal)]
    [InlineData(TorchDistForm.Core019)]
    public void StoredObjectsAreCarriedByteForByte(TorchDistForm form)
    {
        using var source = TorchDistReader.Open(Repository.Vector("torch_dist", "llama-tp1pp1dp2-optim-dp_reshardable"));
        using var folder = new TemporaryFolder();
        var objects = source.Objects.Select(item => ObjectTarget.Stored(source, item)).Append(ObjectTarget.Of("new/shard_0_1", new PickleInt(7))).ToArray();
        var options = new TorchDistWriterOptions { Common = new PickleDict(), Objects = objects, FileCount = 3, Form = form };
        TensorTarget[] targets = [TensorTarget.Whole("a", DType.F32, new Shape(5)), TensorTarget.Whole("b", DType.F32, new Shape(7))];
        LayoutFiller.Write(new TorchDistWriter(options).LayOut(targets), (tensor, _) => new byte[targets[tensor].Shape.Count * 4], folder.Path);

        using var written = TorchDistReader.Open(folder.Path);
        Assert.Equal(objects.Select(o => o.Name), written.Objects.Select(o => o.Name).Where(name => name != "common_state/shard_0_1"));
        Assert.Equal(21, source.Objects.Count);
        foreach (var item in source.Objects) { Assert.Equal(Bytes(source, item.Name), Bytes(written, item.Name)); }
        Assert.Equal(7, ((PickleInt)written.ReadObject("new/shard_0_1")).Value);
        Assert.NotNull(written.Common);
    }

    [Fact, Clause("TDC-4.9")]
    public void ObjectsWithoutTensorsAreACheckpointToo()
    {
        using var folder = new TemporaryFolder();
        LayoutFiller.Write(new TorchDistWriter(new() { Common = new PickleDict(), Objects = [ObjectTarget.Of("rng_state/shard_0.0_1.1", new PickleString("x"))] }).LayOut([]), (_, _) => [], folder.Path);
        using var written = TorchDistReader.Open(folder.Path);
        Assert.Equal("x", ((PickleString)written.ReadObject("rng_state/shard_0.0_1.1")).Value);
    }

    [Fact, Clause("TDC-4.9")]
    public void ObjectsOfOtherFormatsGetTheListAroundThem()
    {
        using var source = new MemoryMegatron { Format = "zarr" }.Add("rng_state/shard_0.0_1.1", TorchTensor.Node(DType.U8, new Shape(3), "0", new TorchNames()), [new byte[] { 1, 2, 3 }]);
        var bytes = ObjectTarget.Stored(source, source.Objects[0]).Make();
        var file = TorchFile.Open(new Formats.IO.MemoryByteSource("made", bytes));
        var tensor = file.Tensor(Assert.Single(Assert.IsType<PickleList>(file.Root).Items));
        Assert.Equal([1, 2, 3], TensorAssembler.ReadPayload(file.Locate(tensor), tensor.Shape, tensor.DType));
    }

    [Fact, Clause("TDC-4.5")]
    public void NoObjectHasTheCommonStatesNameOrATensors()
    {
        var value = new PickleInt(1);
        var writer = new TorchDistWriter(new() { Common = new PickleDict(), Objects = [ObjectTarget.Of("common_state/shard_0_1", value)] });
        Assert.Equal("TDC-4.5", Assert.Throws<UnsupportedCheckpointException>(() => writer.LayOut([])).Clause);
        var twice = new TorchDistWriter(new() { Common = new PickleDict(), Objects = [ObjectTarget.Of("t", value)] });
        Assert.Throws<ArgumentException>(() => twice.LayOut([TensorTarget.Whole("t", DType.F32, new Shape(1))]));
    }

    [Fact, Clause("TDC-4.10")]
    public void ObjectsTooLongToHoldAreRefused()
    {
        using var source = new MemoryMegatron();
        Assert.Equal("TDC-4.10", Assert.Throws<UnsupportedCheckpointException>(() => ObjectTarget.Stored(source, new ObjectInfo("o/shard_0_1", 0, 0, 1L << 31))).Clause);
    }

    static byte[] Bytes(IMegatronReader reader, string name)
    {
        var source = reader.OpenObject(name).Archive.Source;
        var bytes = new byte[source.Length];
        source.ReadExactly(0, bytes);
        return bytes;
    }
}
