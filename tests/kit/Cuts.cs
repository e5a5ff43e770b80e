using Ckpt.Formats.Tensors;
using FsCheck;
using FsCheck.Fluent;

namespace Ckpt.Kit;

/// <summary>Generators of shapes and of ways to cut them into boxes.</summary>
public static class Cuts
{
    /// <summary>Shapes of up to <paramref name="maxRank"/> axes of 1 to <paramref name="maxSize"/>.</summary>
    public static Gen<Shape> Shapes(int maxRank = 4, int maxSize = 7) =>
        from rank in Gen.Choose(0, maxRank)
        from dims in Gen.ArrayOf(Gen.Choose(1, maxSize), rank)
        select new Shape([.. dims.Select(d => (long)d)]);

    /// <summary>Boxes that cover a shape exactly once, irregular: a guillotine cut by a seeded sequence.</summary>
    public static IReadOnlyList<Box> Of(Shape shape, int seed, int pieces)
    {
        var random = new Random(seed);
        var boxes = new List<Box> { Box.Whole(shape) };
        for (var i = 0; i < pieces; i++)
        {
            var at = random.Next(boxes.Count);
            var box = boxes[at];
            if (box.Rank == 0) { break; }
            var axis = random.Next(box.Rank);
            if (box.Size[axis] < 2) { continue; }
            var first = 1 + random.NextInt64(box.Size[axis] - 1);
            var (low, high) = (box.Size.ToArray(), box.Size.ToArray());
            var offset = box.Offset.ToArray();
            low[axis] = first;
            high[axis] -= first;
            offset[axis] += first;
            boxes[at] = new Box(box.Offset.ToArray(), low);
            boxes.Insert(random.Next(boxes.Count + 1), new Box(offset, high));
        }
        return boxes;
    }
}
