using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Sharding.Layouts;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.Layouts;

public class CutLaws
{
    readonly record struct Case(ParallelLayout Layout, ModelTensor Tensor);

    static readonly Gen<Case> s_cases =
        from tensor in Gen.Choose(1, 4)
        from pipeline in Gen.Choose(1, 3)
        from chunks in Gen.Choose(1, 2)
        from expert in Gen.Choose(1, 4)
        from expertTensor in Gen.Choose(1, 3)
        from context in Gen.Choose(1, 2)
        from over in Gen.Choose(0, 4)
        from order in Gen.Elements("tp-cp-ep-dp-pp", "cp-tp-ep-dp-pp", "ep-dp-tp-cp-pp", "dp-ep-cp-tp-pp")
        from kind in Gen.Choose(0, 4)
        from place in Gen.Choose(0, 3)
        from experts in Gen.Choose(0, 2)
        from a in Gen.Choose(1, 3)
        from b in Gen.Choose(1, 3)
        select Made(tensor, pipeline, chunks, expert, expertTensor, context, over == 0, order, kind, place, experts, a, b);

    /// <summary>The union covers; ranks in the same place of what cuts the tensor have the same, ranks in others nothing in common.</summary>
    [Fact, Clause("LAY-4.7"), Clause("LAY-4.1"), Clause("LAY-4.3")]
    public void EveryElementIsHeldByExactlyTheRanksThatShould() => Law.Holds(s_cases, c =>
    {
        var grid = c.Layout.Grid;
        var held = Enumerable.Range(0, grid.World).Select(rank => c.Layout.PartsOf(c.Tensor, grid[rank]).Where(part => part.Role == PartRole.Main).SelectMany(part => part.Tensor.Boxes).Select(box => box.Global).ToHashSet()).ToList();
        if (BoxTiling.Check(c.Tensor.Shape, [.. held.SelectMany(boxes => boxes).Distinct()]) != TilingFault.None) { return false; }
        if (BoxTiling.Check(c.Tensor.Shape, c.Layout.BoxesOf(c.Tensor)) != TilingFault.None) { return false; }
        for (var one = 0; one < held.Count; one++)
        {
            for (var other = 0; other < one; other++)
            {
                var same = Share(c, grid[one]) == Share(c, grid[other]);
                if (same ? !held[one].SetEquals(held[other]) : held[one].Any(box => held[other].Any(there => box.TryIntersect(there, out _)))) { return false; }
            }
        }
        return true;
    });

    /// <summary>A rank's own tensor, element by element, beside chunks taken of arrays of numbers.</summary>
    [Fact, Clause("LAY-4.2"), Clause("LAY-4.3"), Clause("LAY-4.4")]
    public void ARanksTensorIsItsChunkOfEachSection() => Law.Holds(s_cases, c =>
    {
        var grid = c.Layout.Grid;
        for (var rank = 0; rank < grid.World; rank++)
        {
            foreach (var part in c.Layout.PartsOf(c.Tensor, grid[rank]))
            {
                var expected = Chunk(c.Tensor, grid, grid[rank], part.Layer);
                if (expected.Shape != part.Tensor.Shape || !expected.Numbers.AsSpan().SequenceEqual(Numbers(c.Tensor.Shape, part.Tensor))) { return false; }
            }
        }
        return true;
    });

    [Fact, Clause("LAY-4.2")]
    public void AGatedLayersRankHasItsGateThenItsUp()
    {
        var layout = ParallelLayout.Of(2, new ParallelSizes { Tensor = 2 });
        var fc1 = new ModelTensor("fc1", new Shape(2, 8, 3), TensorCut.Gated, new TensorPlace(PlaceKind.LayerStack));
        var parts = layout.PartsOf(fc1, layout.Grid[1]);
        Assert.Equal([0, 1], parts.Select(part => part.Layer));
        Assert.Equal(new Shape(4, 3), parts[1].Tensor.Shape);
        Assert.Equal(
            [new RankBox(new Box([1, 2, 0], [1, 2, 3]), new Box([0, 0], [2, 3])), new RankBox(new Box([1, 6, 0], [1, 2, 3]), new Box([2, 0], [2, 3]))],
            parts[1].Tensor.Boxes);
    }

    /// <summary>Four expert ranks, of which tensor ranks are half: piece ep · TP + tp.</summary>
    [Fact, Clause("LAY-4.3")]
    public void ExpertsMayBeDealtOutOverTensorRanks()
    {
        var layout = ParallelLayout.Of(1, new ParallelSizes { Tensor = 2, Expert = 2, ExpertsOverTensor = true });
        var fc2 = new ModelTensor("fc2", new Shape(8, 6, 4), TensorCut.Rows.ForExperts(), new TensorPlace(PlaceKind.Layer));
        var first = Enumerable.Range(0, 4).Select(rank => layout.Grid[rank]).ToDictionary(place => (place.Expert, place.ExpertTensor), place => layout.PartsOf(fc2, place).Single().Tensor);
        Assert.Equal([0L, 2, 4, 6], new[] { first[(0, 0)], first[(0, 1)], first[(1, 0)], first[(1, 1)] }.Select(tensor => tensor.Boxes[0].Global.Offset[0]));
        Assert.All(first.Values, tensor => Assert.Equal(new Shape(2, 6, 4), tensor.Shape));
        Assert.Equal(new RankBox(new Box([5, 0, 0], [1, 6, 4]), new Box([0, 0], [6, 4])), first[(1, 0)].At(1).Boxes.Single());
    }

    [Theory, Clause("LAY-4.3")]
    [InlineData(5, 1)]
    [InlineData(7, 1)]
    [InlineData(3, 0)]
    public void AnExpertOfItsOwnIsOnTheRankOfItsBlock(int expert, int rank)
    {
        var layout = ParallelLayout.Of(1, new ParallelSizes { Expert = 2 });
        var fc2 = new ModelTensor("fc2", new Shape(6, 4), TensorCut.Rows.ForExperts(), new TensorPlace(PlaceKind.Layer)) { Expert = new ExpertNumber(expert, 8) };
        Assert.Equal(rank, layout.Owners(fc2).Single().Place.Rank);
        Assert.Empty(layout.PartsOf(fc2, layout.Grid[1 - rank]));
    }

    /// <summary>Which chunk holds copies: the last of several stages a tied embedding, the stage of multi-token prediction both.</summary>
    [Theory, Clause("LAY-3.11")]
    [InlineData(1, true, 0, PlaceKind.Embedding, "0 Main")]
    [InlineData(2, true, 0, PlaceKind.Embedding, "0 Main, 1 TiedCopy")]
    [InlineData(2, false, 0, PlaceKind.Embedding, "0 Main")]
    [InlineData(2, false, 1, PlaceKind.Embedding, "0 Main, 1 MtpCopy")]
    [InlineData(2, true, 1, PlaceKind.Embedding, "0 Main, 1 MtpCopy")]
    [InlineData(2, false, 1, PlaceKind.Output, "1 Main")]
    [InlineData(2, false, 1, PlaceKind.FinalNorm, "1 Main")]
    [InlineData(2, false, 1, PlaceKind.Mtp, "1 Main")]
    [InlineData(2, false, 1, PlaceKind.FirstStage, "0 Main")]
    public void WhatIsInNoLayerHasItsStageAndCopies(int stages, bool tied, int mtp, PlaceKind place, string expected)
    {
        var layout = ParallelLayout.Of(2, new ParallelSizes { Pipeline = stages }, new StageOptions { TiedEmbedding = tied, MtpLayers = mtp });
        var tensor = new ModelTensor("t", new Shape(4, 2), TensorCut.Columns, new TensorPlace(place));
        Assert.Equal(expected, string.Join(", ", Enumerable.Range(0, stages).SelectMany(rank => layout.PartsOf(tensor, layout.Grid[rank]).Select(part => $"{rank} {part.Role}"))));
    }

    [Fact, Clause("LAY-3.11")]
    public void AStageOfItsOwnForPredictionHasACopyOfTheOutputLayer()
    {
        var layout = ParallelLayout.Of(2, new ParallelSizes { Pipeline = 3 }, new StageOptions { Pattern = StagePattern.Parse("Ett|m|L"), MtpLayers = 1 });
        var head = new ModelTensor("t", new Shape(4, 2), TensorCut.Vocabulary, new TensorPlace(PlaceKind.Output));
        Assert.Equal([PartRole.MtpCopy], layout.PartsOf(head, layout.Grid[1]).Select(part => part.Role));
        Assert.Equal(2, layout.Owners(head).Single().Place.Rank);
    }

    [Theory, Clause("LAY-4.1"), Clause("LAY-4.3"), Clause("LAY-4.5"), Clause("LAY-4.6")]
    [InlineData("LAY-4.1", "6 indices of axis 0 of [6, 4] cannot be shared evenly by 4 tensor parallel ranks", "columns", PlaceKind.Layer, new long[] { 6, 4 })]
    [InlineData("LAY-4.1", "6 indices of axis 2 of [2, 4, 6] cannot be shared evenly by 4 tensor", "rows", PlaceKind.LayerStack, new long[] { 2, 4, 6 })]
    [InlineData("LAY-4.1", "6 indices of axis 0 of [12, 4] in one of 2 sections", "gated", PlaceKind.Layer, new long[] { 12, 4 })]
    [InlineData("LAY-4.1", "9 rows are not 2 sections of 1 : 1, 2 in all", "gated", PlaceKind.Layer, new long[] { 9, 4 })]
    [InlineData("LAY-4.1", "cannot be shared evenly by 3 expert tensor parallel ranks", "experts", PlaceKind.Layer, new long[] { 4, 4, 8 })]
    [InlineData("LAY-4.3", "5 experts cannot be shared evenly by 2 expert parallel ranks", "experts", PlaceKind.Layer, new long[] { 5, 4, 3 })]
    [InlineData("LAY-4.5", "has 3 layers, the layout 2", "columns", PlaceKind.LayerStack, new long[] { 3, 4, 4 })]
    [InlineData("LAY-4.5", "is of layer 7, the layout has 2", "columns", PlaceKind.Layer, new long[] { 4, 4 }, 7)]
    [InlineData("LAY-4.5", "multi-token-prediction layer 1, the layout has 0", "columns", PlaceKind.Mtp, new long[] { 4, 4 }, 1)]
    [InlineData("LAY-4.6", "rows, which needs 3 axes; it has shape [2, 4]", "rows", PlaceKind.LayerStack, new long[] { 2, 4 })]
    [InlineData("LAY-4.6", "needs 1 axes; it has shape []", "columns", PlaceKind.Layer, new long[0])]
    public void ATensorThatCannotBeCutSaysWhy(string clause, string says, string cut, PlaceKind place, long[] shape, int index = 0)
    {
        TensorCut[] cuts = [TensorCut.Columns, TensorCut.Rows, TensorCut.Gated];
        var tensor = new ModelTensor("some.weight", new Shape(shape), cut == "experts" ? TensorCut.Rows.ForExperts() : cuts.Single(one => one.Name == cut), new TensorPlace(place, index));
        var layout = ParallelLayout.Of(2, new ParallelSizes { Tensor = 4, Expert = 2, ExpertTensor = 3 });
        var error = Assert.Throws<LayoutException>(() => layout.PartsOf(tensor, layout.Grid[0]));
        Assert.Equal((clause, "some.weight"), (error.Clause, error.Where));
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    /// <summary>As an adapter that Megatron-SWIFT saved under TP 2 has them: rows 0–47, 96–143, 48–95, 144–191 of the logical tensor.</summary>
    [Fact, Clause("LAY-4.9")]
    public void GatedRanksOneBehindTheOtherAreInAnotherOrder()
    {
        var tensor = new ModelTensor("lora_B", new Shape(4, 192, 8), TensorCut.Gated, new TensorPlace(PlaceKind.LayerStack));
        var boxes = RankConcatenation.Of(tensor, 2);
        Assert.Equal([(0L, 48L), (96, 48), (48, 48), (144, 48)], boxes.Select(box => (box.Global.Offset[1], box.Global.Size[1])));
        Assert.Equal([0L, 48, 96, 144], boxes.Select(box => box.Local.Offset[1]));
        Assert.All(boxes, box => Assert.True(box.Global.Size[0] == 4 && box.Global.Size[2] == 8 && box.Global.Shape == box.Local.Shape));
    }

    [Fact, Clause("LAY-4.9")]
    public void AConcatenationIsTheRanksTensorsInOrder() => Law.Holds(
        from ranks in Gen.Choose(1, 4)
        from sections in Gen.NonEmptyListOf(Gen.Choose(1, 3))
        from unit in Gen.Choose(1, 3)
        from columns in Gen.Choose(1, 3)
        select (ranks, sections, unit, columns),
        c =>
        {
            var cut = TensorCut.InSections([.. c.sections.Select(size => (long)size)]);
            var tensor = new ModelTensor("t", new Shape(c.sections.Sum() * c.unit * c.ranks, c.columns), cut, new TensorPlace(PlaceKind.Layer));
            var layout = ParallelLayout.Of(1, new ParallelSizes { Tensor = c.ranks });
            var stored = new RankTensor(tensor.Shape, RankConcatenation.Of(tensor, c.ranks));
            var expected = Enumerable.Range(0, c.ranks).SelectMany(rank => Numbers(tensor.Shape, layout.PartsOf(tensor, layout.Grid[rank]).Single().Tensor).ToArray());
            return expected.SequenceEqual(Numbers(tensor.Shape, stored).ToArray());
        });

    static Case Made(int tensor, int pipeline, int chunks, int expert, int expertTensor, int context, bool over, string order, int kind, int place, int experts, int a, int b)
    {
        var sizes = new ParallelSizes { Tensor = tensor, Pipeline = pipeline, VirtualPipeline = chunks, Expert = expert, ExpertTensor = over ? null : expertTensor, Context = context, ExpertsOverTensor = over };
        // Few ranks make many cases: the pairs of ranks are compared.
        if (sizes.Resolve().World > 16) { sizes = sizes with { Context = 1, Expert = 1, ExpertTensor = over ? null : 1 }; }
        var layers = pipeline * chunks * a;
        var layout = ParallelLayout.Of(layers, sizes, null, RankOrder.Parse(order));
        var cut = kind switch { 0 => TensorCut.Replicated, 1 => TensorCut.Columns, 2 => TensorCut.Rows, 3 => TensorCut.Gated, _ => TensorCut.InSections(2, 1, 3) };
        var ofExperts = experts > 0;
        if (ofExperts) { cut = cut.ForExperts(); }
        var ranks = ofExperts ? sizes.ExpertCuts : tensor;
        long[] body = cut.Axis == 1 ? [b, a * ranks] : [cut.Whole * a * ranks, b];
        var where = place switch { 0 => new TensorPlace(PlaceKind.Layer, layers - 1), 1 => new TensorPlace(PlaceKind.LayerStack), 2 => new TensorPlace(PlaceKind.Output), _ => new TensorPlace(PlaceKind.Embedding) };
        if (place == 3 && !ofExperts) { (cut, body) = (TensorCut.Vocabulary, [7 * a, b]); }
        long[] stack = where.Kind == PlaceKind.LayerStack ? [layers] : [];
        long[] ofEach = ofExperts ? [sizes.ExpertShares * b] : [];
        return new Case(layout, new ModelTensor("t", new Shape([.. stack, .. ofEach, .. body]), cut, where));
    }

    /// <summary>What tells apart ranks that hold different elements.</summary>
    static (int, int, int) Share(Case c, RankPlace place) => c.Tensor.Cut switch
    {
        { OfExperts: true } when c.Layout.Grid.Sizes.ExpertsOverTensor => (place.Pipeline, place.Expert, place.ExpertTensor),
        { OfExperts: true, Kind: CutKind.Replicated } => (place.Pipeline, place.Expert, 0),
        { OfExperts: true } => (place.Pipeline, place.Expert, place.ExpertTensor),
        { Kind: CutKind.Replicated } => (place.Pipeline, 0, 0),
        _ => (place.Pipeline, place.Tensor, 0),
    };

    /// <summary>The chunk by its definition: take the layer, the block of experts, and of each section of the axis the rank's part.</summary>
    static (Shape Shape, long[] Numbers) Chunk(ModelTensor tensor, RankGrid grid, RankPlace place, int layer)
    {
        var array = NumberArray.Of(tensor.Shape);
        if (tensor.Place.Kind == PlaceKind.LayerStack) { array = array.Take(0, layer, 1).Drop(); }
        var (cut, s, axis) = (tensor.Cut, grid.Sizes, tensor.Cut.Axis);
        var (ranks, rank) = (s.Tensor, place.Tensor);
        if (cut.OfExperts)
        {
            var (shares, share) = s.ExpertsOverTensor ? (s.Expert * s.Tensor, (place.Expert * s.Tensor) + place.ExpertTensor) : (s.Expert, place.Expert);
            var each = array.Shape[0] / shares;
            array = array.Take(0, share * each, each);
            (ranks, rank) = s.ExpertsOverTensor ? (1, 0) : (s.ExpertTensorSize, place.ExpertTensor);
            axis++;
        }
        if (cut.Kind == CutKind.Replicated) { return (array.Shape, array.Numbers); }
        if (cut.Kind == CutKind.Vocabulary)
        {
            var rows = (array.Shape[0] + ranks - 1) / ranks;
            var padded = array.Pad(rows * ranks).Take(0, rank * rows, rows);
            return (padded.Shape, padded.Numbers);
        }
        var (unit, start, parts) = (array.Shape[axis] / cut.Sections.Sum(), 0L, new List<NumberArray>());
        foreach (var section in cut.Sections)
        {
            var size = unit * section / ranks;
            parts.Add(array.Take(axis, start + (rank * size), size));
            start += unit * section;
        }
        var whole = NumberArray.Concat(axis, parts);
        return (whole.Shape, whole.Numbers);
    }

    /// <summary>The global numbers of a rank tensor's elements; −1 where it is padding.</summary>
    static ReadOnlySpan<long> Numbers(Shape global, RankTensor tensor)
    {
        var numbers = new long[tensor.Shape.Count];
        Array.Fill(numbers, -1);
        var (from, to) = (global.RowMajorStrides(), tensor.Shape.RowMajorStrides());
        foreach (var box in tensor.Boxes)
        {
            // Elements correspond in row-major order: the sizes differ by axes of size 1 only.
            var places = MemoryCheckpoint.Indices(box.Local.Shape).Select(index => Place(index, box.Local, to));
            foreach (var (source, place) in MemoryCheckpoint.Indices(box.Global.Shape).Select(index => Place(index, box.Global, from)).Zip(places)) { numbers[place] = numbers[place] == -1 ? source : -2; }
        }
        return numbers;
    }

    static long Place(long[] index, Box box, long[] strides)
    {
        var place = 0L;
        for (var axis = 0; axis < index.Length; axis++) { place += (index[axis] + box.Offset[axis]) * strides[axis]; }
        return place;
    }
}
