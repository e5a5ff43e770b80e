using Ckpt.Formats;
using Ckpt.Formats.Safetensors;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.PropertyTests.Safetensors;

/// <summary>What the writer does not lay out, and why it says so.</summary>
public sealed class WriterRefusalTests
{
    [Fact, Clause("SFT-4.1")]
    public void ANameThatCannotBeReadBackIsRefused()
    {
        // Not as a theory: attributes store UTF-8, and halves of surrogate pairs would be lost.
        string[] names = ["__metadata__", "\ud800", "a\udc00b", "\ud83d\ud83d", "\ude00\ud83d"];
        Assert.All(names, name => Refused<UnsupportedCheckpointException>("SFT-4.1", Whole(name, DType.U8, 1)));
    }

    [Fact, Clause("SFT-4.2")]
    public void TwoTensorsOfOneNameAreRefused() => Refused<LayoutException>("SFT-4.2", Whole("a", DType.U8, 1), Whole("a", DType.F32, 2));

    [Fact, Clause("SFT-4.3")]
    public void ATypeTheFormatLacksIsRefused() => Refused<UnsupportedCheckpointException>("SFT-4.3", Whole("a", DType.C128, 1));

    [Theory, InlineData(DType.F4, 3), InlineData(DType.F6E2M3, 2), InlineData(DType.F6E3M2, 6), Clause("SFT-4.4")]
    public void ATensorThatEndsInsideAByteIsRefused(DType dtype, long count) => Refused<UnsupportedCheckpointException>("SFT-4.4", Whole("a", dtype, count));

    [Fact, Clause("SFT-4.5")]
    public void TensorsPast63BitsAreRefused()
    {
        Refused<LayoutException>("SFT-4.5", Whole("a", DType.U8, long.MaxValue / 8 + 1));
        Refused<LayoutException>("SFT-4.5", Whole("a", DType.U8, long.MaxValue, long.MaxValue, long.MaxValue));
        Refused<LayoutException>("SFT-4.5", Whole("a", DType.U8, long.MaxValue / 8), Whole("b", DType.U8, 1));
    }

    [Fact, Clause("SFT-4.6")]
    public void ATensorInPiecesIsRefused()
    {
        var shape = new Shape(4, 2);
        Refused<LayoutException>("SFT-4.6", new TensorTarget("a", DType.U8, shape, [new Box([0, 0], [2, 2]), new Box([2, 0], [2, 2])]));
        Refused<LayoutException>("SFT-4.6", new TensorTarget("a", DType.U8, shape, [new Box([0, 0], [2, 2])]));
        Refused<LayoutException>("SFT-4.6", new TensorTarget("a", DType.U8, shape, []));
    }

    [Fact, Clause("SFT-4.6")]
    public void ATensorOfNoElementsMayHaveNoBox() =>
        Assert.Empty(new SafetensorsWriter().LayOut([new TensorTarget("a", DType.U8, new Shape(0, 2), [])]).Files.Single().Data);

    [Fact, Clause("SFT-4.8")]
    public void MetadataThatIsNoTextIsRefused()
    {
        (string Key, string Value)[] cases = [("k", "\ud800"), ("\udc00", "v")];
        Assert.All(cases, c =>
        {
            var writer = new SafetensorsWriter(new SafetensorsWriterOptions { Metadata = new Dictionary<string, string> { [c.Key] = c.Value } });
            Assert.Equal("SFT-4.8", Assert.Throws<UnsupportedCheckpointException>(() => writer.LayOut([])).Clause);
        });
    }

    [Fact]
    public void OptionsThatMakeNoSenseAreTheCallersMistake()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new SafetensorsWriter(new SafetensorsWriterOptions { MaxShardBytes = 0 }));
        Assert.Throws<ArgumentException>(() => new SafetensorsWriter(new SafetensorsWriterOptions { Stem = "../model" }));
        Assert.Throws<ArgumentException>(() => new SafetensorsWriter(new SafetensorsWriterOptions { Stem = "" }));
    }

    static TensorTarget Whole(string name, DType dtype, params long[] dims) => TensorTarget.Whole(name, dtype, new Shape(dims));

    static void Refused<T>(string clause, params TensorTarget[] targets) where T : CheckpointException =>
        Assert.Equal(clause, Assert.Throws<T>(() => new SafetensorsWriter().LayOut(targets)).Clause);
}
