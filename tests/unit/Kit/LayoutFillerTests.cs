using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.UnitTests.Kit;

public sealed class LayoutFillerTests
{
    [Fact]
    public void FramesAreGivenTheSumOfTheirRange()
    {
        byte[] data = [1, 2, 3];
        var made = LayoutFiller.Fill(Layout(7, [new DataRange(0, 3, 0, 0)], [new Frame(3, 4, 0, BitConverter.GetBytes)]), (_, _) => data).Single().Value;
        Assert.Equal([.. data, .. BitConverter.GetBytes(Crc32.Of(data))], made);
    }

    [Fact]
    public void AByteSaidByNothingIsAFault() => Faulty(Layout(4, [new DataRange(0, 3, 0, 0)], []));

    [Fact]
    public void AByteSaidTwiceIsAFault() => Faulty(Layout(4, [new DataRange(0, 3, 0, 0)], [new Frame(2, 2, -1, _ => [0, 0])]));

    [Fact]
    public void ARangePastTheEndIsAFault() => Faulty(Layout(2, [new DataRange(0, 3, 0, 0)], []));

    [Fact]
    public void ARangeOfAnotherLengthThanItsBoxIsAFault() => Faulty(Layout(2, [new DataRange(0, 2, 0, 0)], []));

    [Fact]
    public void RangesOutOfOrderAreAFault() => Faulty(Layout(6, [new DataRange(3, 3, 0, 0), new DataRange(0, 3, 0, 0)], []));

    [Fact]
    public void AnEncodedFileIsWhatItsEncodingMakes()
    {
        var plain = Layout(3, [new DataRange(0, 3, 0, 0)], []);
        Assert.Equal([3, 2, 1], LayoutFiller.Fill(Encoded(plain, 3), (_, _) => [1, 2, 3]).Single().Value);
        Faulty(Encoded(plain, 2)); // longer than announced
    }

    [Fact]
    public void ABoxLiesInTheOrderOfAxesThatItsRangeAsksFor()
    {
        var target = TensorTarget.Whole("t", DType.U16, new Shape(2, 3));
        var file = new FileLayout("f", 12, [new DataRange(0, 12, 0, 0) { Order = [1, 0] }], []);
        var made = LayoutFiller.Fill(new CheckpointLayout([target], [file], []), (_, _) => [0, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0]).Single().Value;
        Assert.Equal([0, 0, 3, 0, 1, 0, 4, 0, 2, 0, 5, 0], made);
    }

    static CheckpointLayout Encoded(CheckpointLayout layout, long most) => layout with
    {
        Files = [layout.Files[0] with { Encode = new FileEncoding("reversed", most, 3, static content => content.ToArray().Reverse().ToArray()) }],
    };

    static void Faulty(CheckpointLayout layout) => Assert.Throws<InvalidOperationException>(() => LayoutFiller.Fill(layout, (_, _) => [1, 2, 3]));

    static CheckpointLayout Layout(long length, DataRange[] data, Frame[] frames) =>
        new([TensorTarget.Whole("t", DType.U8, new Shape(3))], [new FileLayout("f", length, data, frames)], []);
}
