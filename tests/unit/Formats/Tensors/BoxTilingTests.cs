using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.UnitTests.Formats.Tensors;

/// <summary>The tiling check against counting every element.</summary>
public sealed class BoxTilingTests
{
    static Gen<(Shape Shape, Box[] Boxes)> Cases =>
        from rank in Gen.Choose(0, 3)
        from dims in Gen.ArrayOf(Gen.Choose(0, 4), rank)
        from count in Gen.Choose(0, 6)
        from numbers in Gen.ArrayOf(Gen.Choose(0, 1000), count * rank * 2)
        select (new Shape([.. dims.Select(d => (long)d)]), Boxes(dims, numbers, count));

    [Fact, Clause("TDC-2.5"), Clause("TDC-2.6"), Clause("TDC-2.7")]
    public void AnyBoxesAreJudgedAsCountingJudgesThem() => Law.Holds(Cases, c =>
    {
        var counts = Count(c.Shape, c.Boxes);
        var fault = BoxTiling.Check(c.Shape, c.Boxes);
        return fault == TilingFault.None == counts.All(n => n == 1) && (fault != TilingFault.Gap || counts.Contains(0)) && (fault != TilingFault.Overlap || counts.Any(n => n > 1));
    }, 3000);

    [Fact, Clause("TDC-2.6"), Clause("TDC-2.7")]
    public void CutsTileAndTheirChangesDoNot() => Law.Holds(
        from seed in Gen.Choose(0, int.MaxValue - 1) select seed,
        seed =>
        {
            var random = new System.Random(seed);
            var shape = new Shape(random.Next(1, 9), random.Next(1, 9), random.Next(1, 9));
            var boxes = Cuts.Of(shape, random.Next(), 12).ToList();
            if (BoxTiling.Check(shape, boxes) != TilingFault.None) { return false; }
            boxes[random.Next(boxes.Count)] = boxes[random.Next(boxes.Count)];
            return BoxTiling.Check(shape, boxes) == TilingFault.None == Count(shape, boxes).All(n => n == 1);
        }, 500);

    [Fact, Clause("TDC-2.16")]
    public void ManyBoxesOnFewAxesAreCheckedAndFewBoxesOnManyAreNot()
    {
        var boxes = new Box[200_000];
        for (var i = 0; i < boxes.Length; i++) { boxes[i] = new Box([i / 1000, i % 1000, 0], [1, 1, 1L << 40]); }
        Assert.Equal(TilingFault.None, BoxTiling.Check(new Shape(200, 1000, 1L << 40), boxes));
        boxes[7] = boxes[8];
        Assert.Equal(TilingFault.Overlap, BoxTiling.Check(new Shape(200, 1000, 1L << 40), boxes));
    }

    static int[] Count(Shape shape, IReadOnlyList<Box> boxes)
    {
        var counts = new int[shape.Count];
        var steps = shape.RowMajorStrides();
        foreach (var box in boxes)
        {
            for (var element = 0L; element < box.Volume; element++)
            {
                var (rest, place) = (element, 0L);
                for (var axis = box.Rank - 1; axis >= 0; axis--)
                {
                    place += (box.Offset[axis] + (rest % box.Size[axis])) * steps[axis];
                    rest /= box.Size[axis];
                }
                counts[place]++;
            }
        }
        return counts;
    }

    static Box[] Boxes(int[] dims, int[] numbers, int count)
    {
        var boxes = new Box[count];
        for (var i = 0; i < count; i++)
        {
            var (offset, size) = (new long[dims.Length], new long[dims.Length]);
            for (var axis = 0; axis < dims.Length; axis++)
            {
                offset[axis] = numbers[((i * dims.Length) + axis) * 2] % (dims[axis] + 1);
                size[axis] = numbers[(((i * dims.Length) + axis) * 2) + 1] % (dims[axis] - offset[axis] + 1);
            }
            boxes[i] = new Box(offset, size);
        }
        return boxes;
    }
}
