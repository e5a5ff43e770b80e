using Ckpt.Formats.Safetensors;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.UnitTests.Formats.Safetensors;

public sealed class SafetensorsWriterTests
{
    [Theory, Clause("SFT-4.11")]
    [InlineData("", 10, "0")]
    [InlineData("10", 10, "1")]
    [InlineData("5 5", 10, "2")]
    [InlineData("5 6", 10, "1 1")]
    [InlineData("11 1", 10, "1 1")]
    [InlineData("1 11 1", 10, "1 1 1")]
    [InlineData("0 11 0 0 3", 10, "4 1")]
    [InlineData("4 4 4 4 4", 10, "2 2 1")]
    public void AFileEndsWhereTheNextTensorWouldPassTheLimit(string sizes, long limit, string counts)
    {
        var cut = SafetensorsWriter.Cut([.. sizes.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(long.Parse)], limit);
        Assert.Equal(counts, string.Join(' ', cut.Select(shard => shard.Count)));
    }

    [Theory, Clause("SFT-4.12")]
    [InlineData(0, 1, "model.safetensors")]
    [InlineData(0, 2, "model-00001-of-00002.safetensors")]
    [InlineData(99999, 100000, "model-100000-of-100000.safetensors")]
    public void FilesAreNamedByTheirNumber(int shard, int shards, string name) => Assert.Equal(name, SafetensorsWriter.FileName("model", shard, shards));

    [Fact, Clause("SFT-4.13")]
    public void AnIndexForASingleFileIsWrittenOnDemand()
    {
        TensorTarget[] targets = [TensorTarget.Whole("a", DType.U8, new Shape(1))];
        Assert.Empty(new SafetensorsWriter().LayOut(targets).Closing);
        var closing = new SafetensorsWriter(new SafetensorsWriterOptions { AlwaysIndex = true, Stem = "adapter_model" }).LayOut(targets).Closing;
        Assert.Equal("adapter_model.safetensors.index.json", closing.Single().Path);
    }

    [Fact, Clause("SFT-4.9")]
    public void TheFormatIsNamedUnlessToldOtherwise()
    {
        var frame = new SafetensorsWriter().LayOut([]).Files.Single().Frames.Single();
        Assert.Equal("{\"__metadata__\":{\"format\":\"pt\"}}", System.Text.Encoding.UTF8.GetString(frame.Make(0)[8..]).TrimEnd(' '));
    }
}
