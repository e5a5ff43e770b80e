using Ckpt.Formats.IO;
using Ckpt.Formats.Safetensors;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Formats.TorchDist;
using Ckpt.Kit;
using Ckpt.Sharding.Holding;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Plans;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.Sharding;

/// <summary>What ranks hold in memory, box by box and some of it several times, is written by them together as it is.</summary>
public sealed class HoldingLaws
{
    /// <summary>A matrix cut along one axis at some places; of each piece which ranks hold it.</summary>
    sealed record Matrix(int Rows, int Columns, int Axis, IReadOnlyList<(int Size, int Holders)> Pieces);

    sealed record Case(int Ranks, IReadOnlyList<Matrix> Matrices, bool IsTorchDist, bool IsTransposed, int Seed);

    static Gen<Matrix> Matrices(int ranks) =>
        from sizes in Gen.Choose(1, 5).ListOf()
        from holders in Gen.Choose(1, (1 << ranks) - 1).ListOf(Math.Max(1, sizes.Count))
        from other in Gen.Choose(1, 6)
        from axis in Gen.Choose(0, 1)
        let pieces = (sizes.Count == 0 ? [3] : sizes).Zip(holders).ToArray()
        let whole = pieces.Sum(static piece => piece.First)
        select new Matrix(axis == 0 ? whole : other, axis == 0 ? other : whole, axis, pieces);

    static readonly Gen<Case> s_cases =
        from ranks in Gen.Choose(1, 4)
        from matrices in Matrices(ranks).NonEmptyListOf()
        from torchDist in Gen.Elements(true, false)
        from transposed in Gen.Elements(true, false)
        from seed in Gen.Choose(0, 1 << 20)
        select new Case(ranks, [.. matrices.Take(4)], torchDist, transposed && !torchDist, seed);

    [Fact, Clause("SHD-10.1")]
    public void RanksWriteTogetherWhatTheyHold() => Law.Holds(s_cases, Check);

    static bool Check(Case c)
    {
        using var folder = new TemporaryFolder();
        var random = new Random(c.Seed);
        var tensors = c.Matrices.Select(static (matrix, number) => Held(matrix, number)).ToArray();
        var elements = tensors.Select(tensor => Bytes(random, tensor.Shape.Count * 2)).ToArray();
        var map = Map(tensors, c.IsTransposed);
        ICheckpointWriter writer = c.IsTorchDist ? new TorchDistWriter(new TorchDistWriterOptions { Common = new PickleDict(), Folder = "", FileCount = c.Ranks }) : new SafetensorsWriter(new SafetensorsWriterOptions { MaxShardBytes = 100 });
        for (var rank = 0; rank < c.Ranks; rank++)
        {
            using var held = new HeldCheckpoint(tensors, rank, c.Ranks);
            for (var t = 0; t < tensors.Length; t++) { Hold(held, tensors[t], elements[t], rank); }
            var targets = map.Right.Tensors.Select((tensor, number) => c.IsTorchDist
                ? new TensorTarget(tensor.Name, DType.BF16, tensor.Shape, [.. tensors[number].Boxes.Select(static box => box.Box)])
                : TensorTarget.Whole(tensor.Name, DType.BF16, tensor.Shape)).ToArray();
            var plan = CopyPlanner.Plan(held.Tensors, map, writer.LayOut(targets));
            using var share = new HeldWriter(plan, held, rank, c.Ranks, folder.Path, threads: 1 + (c.Seed % 2));
            // Some of it box by box, as states of an optimizer are.
            if (c.Seed % 3 == 0) { foreach (var (tensor, box) in held.BoxesOf(tensors[0].Boxes[0].Part)) { share.Write(tensor, box); } }
            share.Finish();
            foreach (var small in plan.Layout.Closing) { File.WriteAllBytes(folder[small.Path], small.Bytes.ToArray()); }
        }
        using ICheckpointReader reader = c.IsTorchDist ? TorchDistReader.Open(folder.Path) : SafetensorsReader.Open(folder.Path);
        return tensors.Select((tensor, t) => (tensor, t)).All(entry => TensorAssembler.ReadWhole(reader, reader.Tensors.Single(found => found.Name == entry.tensor.Name)).AsSpan()
            .SequenceEqual(c.IsTransposed ? Transposed(elements[entry.t], entry.tensor.Shape) : elements[entry.t]));
    }

    /// <summary>Every piece is a part of its own, laid out with a margin around it in the rank's tensor where there are several ranks.</summary>
    static HeldTensor Held(Matrix matrix, int number)
    {
        var most = matrix.Pieces.Max(static piece => piece.Size) + 1;
        var part = new Shape(matrix.Axis == 0 ? [most, matrix.Columns] : [matrix.Rows, most]);
        var (boxes, start) = (new List<HeldBox>(), 0L);
        foreach (var (size, holders) in matrix.Pieces)
        {
            var ranks = Enumerable.Range(0, 4).Where(rank => (holders >> rank & 1) != 0).ToArray();
            boxes.Add(new HeldBox(Along(matrix, start, size), $"m{number}.p{boxes.Count}", Along(matrix, 1, size), ranks));
            start += size;
        }
        return new HeldTensor($"m{number}", DType.BF16, new Shape(matrix.Rows, matrix.Columns), boxes, part);
    }

    static Box Along(Matrix matrix, long start, long size) =>
        matrix.Axis == 0 ? new Box([start, 0], [size, matrix.Columns]) : new Box([0, start], [matrix.Rows, size]);

    static void Hold(HeldCheckpoint held, HeldTensor tensor, byte[] elements, int rank)
    {
        foreach (var box in tensor.Boxes)
        {
            // What a rank does not hold it cannot write right, either.
            var part = new byte[tensor.PartShape.Count * 2];
            Array.Fill(part, (byte)0xee);
            if (box.Ranks.Contains(rank))
            {
                foreach (var index in MemoryCheckpoint.Indices(box.Box.Shape))
                {
                    var from = ((box.Box.Offset[0] + index[0]) * tensor.Shape[1]) + box.Box.Offset[1] + index[1];
                    var to = ((box.Local.Offset[0] + index[0]) * tensor.PartShape[1]) + box.Local.Offset[1] + index[1];
                    elements.AsSpan((int)from * 2, 2).CopyTo(part.AsSpan((int)to * 2));
                }
            }
            held.Hold(box.Part, new MemoryByteSource(box.Part, part));
        }
    }

    static TensorMap Map(HeldTensor[] tensors, bool transposed)
    {
        var left = tensors.Select(static tensor => new MappedTensor(tensor.Name, tensor.Shape)).ToArray();
        if (!transposed) { return TensorMap.Identity(left); }
        var right = left.Select(static tensor => tensor with { Shape = new Shape(tensor.Shape[1], tensor.Shape[0]) }).ToArray();
        return new TensorMap(MapSide.Of(left), MapSide.Of(right), [.. left.Select((tensor, number) => new Link(number, Box.Whole(tensor.Shape), number, Box.Whole(right[number].Shape)) { Axes = [1, 0] })]);
    }

    static byte[] Transposed(byte[] elements, Shape shape)
    {
        var made = new byte[elements.Length];
        for (var row = 0; row < shape[0]; row++)
        {
            for (var column = 0; column < shape[1]; column++) { elements.AsSpan((int)((row * shape[1]) + column) * 2, 2).CopyTo(made.AsSpan((int)((column * shape[0]) + row) * 2)); }
        }
        return made;
    }

    static byte[] Bytes(Random random, long count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
