using System.Text.RegularExpressions;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Views;

namespace Ckpt.Sharding.Quantised;

/// <summary>Maps that carry 8-bit codes over as they are, and their scales with them.</summary>
public static class QuantMaps
{
    /// <summary>
    /// Makes a map of weights one of weights and scales. Tensors whose blocks the other side would cut, and all quantised ones of another kind, are
    /// seen as numbers of type <paramref name="to"/>, or quantised anew in the other side's blocks. The reader is owned by the result.
    /// </summary>
    /// <param name="reader">The source.</param>
    /// <param name="tensors">Its quantised tensors.</param>
    /// <param name="map">From the source's names (left) to the target's, as if nothing were quantised.</param>
    /// <param name="misaligned">What to do with tensors that cannot be kept.</param>
    /// <param name="to">The type of tensors written as numbers.</param>
    /// <param name="hidden">Other names of the source not to be seen (scales of activations).</param>
    public static KeptMap Keep(
        ICheckpointReader reader, IReadOnlyList<QuantisedTensor> tensors, TensorMap map, Misaligned misaligned, DType to, Predicate<string>? hidden = null)
    {
        var byName = tensors.ToDictionary(static t => t.Name, StringComparer.Ordinal);
        var links = new ScaleLinks(map, byName);
        var kept = new HashSet<string>(StringComparer.Ordinal);
        foreach (var link in map.Links)
        {
            if (links.IsKept(link.Right)) { kept.Add(map.Left.Tensors[link.Left].Name); }
        }
        // An alias is compared with what it stands for, codes with codes.
        foreach (var alias in map.Left.Aliases)
        {
            if (byName.ContainsKey(alias.Name) && kept.Contains(map.Left.Tensors[alias.Of].Name)) { kept.Add(alias.Name); }
        }
        var again = misaligned == Misaligned.Requantise ? links.Requantisable() : [];
        var precise = new HashSet<string>(StringComparer.Ordinal);
        foreach (var link in map.Links)
        {
            if (again.Contains(link.Right)) { precise.Add(map.Left.Tensors[link.Left].Name); }
        }
        // What is quantised anew is not rounded on the way.
        var numbers = QuantViews.Dequantise(reader, [.. tensors.Where(t => !kept.Contains(t.Name))], t => precise.Contains(t.Name) ? DType.F32 : to, hidden);
        var reasons = new List<MisalignedTensor>();
        var asStored = new HashSet<string>(StringComparer.Ordinal);
        for (var right = 0; right < map.Right.Tensors.Count; right++)
        {
            var name = map.Right.Tensors[right].Name;
            if (links.IsKept(right)) { asStored.Add(name); }
            else if (links.IsQuantised(right)) { reasons.Add(new MisalignedTensor(name, links.Reason(right)!, again.Contains(right))); }
        }
        asStored.UnionWith(reasons.Where(static r => r.IsRequantised).Select(static r => r.Name));
        var result = new KeptMap(numbers, WithScales(map, links, byName), reasons, []);
        if (again.Count > 0) { result = Requantise(numbers, result.Map, links, again, reasons); }
        var before = map.Right.Tensors.Select(static t => t.Name).ToHashSet(StringComparer.Ordinal);
        asStored.UnionWith(result.Map.Right.Tensors.Select(static t => t.Name).Where(name => !before.Contains(name)));
        return result with { Map = ScaleOrder.Apply(result.Map, map), AsStored = asStored };
    }

    /// <summary>The map with a tensor of scales on both sides for each kept one.</summary>
    static TensorMap WithScales(TensorMap map, ScaleLinks links, Dictionary<string, QuantisedTensor> byName)
    {
        var (left, right) = (new List<MappedTensor>(map.Left.Tensors), new List<MappedTensor>(map.Right.Tensors));
        var (scaleOfLeft, scaleOfRight) = (new Dictionary<int, int>(), new Dictionary<int, int>());
        var all = new List<Link>(map.Links);
        foreach (var link in map.Links)
        {
            if (!links.IsKept(link.Right)) { continue; }
            var tensor = byName[map.Left.Tensors[link.Left].Name];
            if (!scaleOfLeft.TryGetValue(link.Left, out var from))
            {
                scaleOfLeft.Add(link.Left, from = left.Count);
                left.Add(new MappedTensor(tensor.Scale.Name, tensor.Scale.Shape));
            }
            if (!scaleOfRight.TryGetValue(link.Right, out var to))
            {
                scaleOfRight.Add(link.Right, to = right.Count);
                var target = map.Right.Tensors[link.Right];
                right.Add(new MappedTensor(target.Name + tensor.Scale.Name[tensor.Name.Length..], BlockGrid.ScaleShape(target.Shape, tensor.Grid.BlockRows, tensor.Grid.BlockColumns)));
            }
            all.Add(new Link(from, ScaleLinks.Divide(link.LeftBox, tensor.Grid), to, ScaleLinks.Divide(link.RightBox, tensor.Grid)));
        }
        var leftSide = map.Left with
        {
            Tensors = left,
            Paddings = Paddings(map.Left, scaleOfLeft, i => byName[map.Left.Tensors[i].Name].Grid),
            Aliases = [.. map.Left.Aliases, .. map.Left.Aliases.Where(a => scaleOfLeft.ContainsKey(a.Of)).Select(a => a with { Name = a.Name + QuantViews.ScaleSuffix, Of = scaleOfLeft[a.Of] })],
        };
        return new TensorMap(leftSide, map.Right with { Tensors = right, Paddings = Paddings(map.Right, scaleOfRight, i => links.Blocks(i).Grid) }, all);
    }

    static Padding[] Paddings(MapSide side, Dictionary<int, int> scales, Func<int, BlockGrid> grid) =>
    [
        .. side.Paddings,
        .. side.Paddings.Where(p => scales.ContainsKey(p.Tensor)).Select(p => p with { Tensor = scales[p.Tensor], Box = ScaleLinks.Divide(p.Box, grid(p.Tensor)) }),
    ];

    /// <summary>Puts each misaligned right tensor, gathered from numbers and quantised in its own blocks, among the source's tensors under its right name.</summary>
    static KeptMap Requantise(ViewedCheckpoint numbers, TensorMap map, ScaleLinks links, HashSet<int> again, List<MisalignedTensor> reasons)
    {
        var lost = again.Select(r => map.Right.Tensors[r].Name).ToHashSet(StringComparer.Ordinal);
        var (pool, cache) = (new AssemblerPool(numbers), new MaximaCache());
        var byName = numbers.Tensors.ToDictionary(static t => t.Name, StringComparer.Ordinal);
        var gone = new HashSet<string>(StringComparer.Ordinal);
        var linksOf = map.Links.ToLookup(static l => l.Right);
        var views = new List<TensorView>();
        var errors = new List<QuantError>();
        for (var right = 0; right < map.Right.Tensors.Count; right++)
        {
            var target = map.Right.Tensors[right];
            if (!again.Contains(right)) { continue; }
            var blocks = links.Blocks(right);
            var single = Single(map, right, linksOf[right]);
            gone.UnionWith(single.Left.Tensors.Select(static t => t.Name));
            var assembled = new AssembledTensor(
                TensorTarget.Whole(target.Name, DType.F32, target.StoredShape), [.. single.Left.Tensors.Select(t => byName[t.Name])], single, File(byName[single.Left.Tensors[0].Name]), pool);
            views.AddRange(QuantViews.Quantised(assembled.Info, assembled, new QuantOptions((int)blocks.Grid.BlockRows, (int)blocks.Grid.BlockColumns, Form(blocks)), cache, errors, blocks.Scale.DType));
        }
        var source = new ViewedCheckpoint(numbers, views, gone.Contains);
        return new KeptMap(source, Replace(map, lost, gone, views), reasons, errors);
    }

    static int File(TensorInfo tensor) => tensor.Boxes.Count > 0 ? tensor.Boxes[0].File : 0;

    static ScaleForm Form(QuantisedTensor tensor) =>
        tensor.Scale.DType is DType.F8E8M0 or DType.U8 ? ScaleForm.E8M0 : tensor.HasPowersOfTwo ? ScaleForm.PowerOfTwo : ScaleForm.Float32;

    /// <summary>The part of a map that fills one right tensor.</summary>
    static TensorMap Single(TensorMap map, int right, IEnumerable<Link> linksOfRight)
    {
        var left = new List<MappedTensor>();
        var index = new Dictionary<int, int>();
        var links = new List<Link>();
        foreach (var link in linksOfRight)
        {
            if (!index.TryGetValue(link.Left, out var at)) { index.Add(link.Left, at = left.Count); left.Add(map.Left.Tensors[link.Left]); }
            links.Add(link with { Left = at, Right = 0 });
        }
        var paddings = map.Right.Paddings.Where(p => p.Tensor == right).Select(static p => p with { Tensor = 0 });
        return new TensorMap(MapSide.Of(left), MapSide.Of([map.Right.Tensors[right]]) with { Paddings = [.. paddings] }, links);
    }

    /// <summary>The map in which the right tensors of these names come from left ones of the same names, and scales with them.</summary>
    static TensorMap Replace(TensorMap map, HashSet<string> lost, HashSet<string> gone, List<TensorView> views)
    {
        var (left, right) = (new List<MappedTensor>(), new List<MappedTensor>());
        var leftIndex = Keep(map.Left.Tensors, gone, left);
        var rightIndex = Keep(map.Right.Tensors, lost, right);
        var links = map.Links.Where(l => rightIndex[l.Right] >= 0).Select(l => l with { Left = leftIndex[l.Left], Right = rightIndex[l.Right] }).ToList();
        foreach (var view in views)
        {
            var whole = Box.Whole(view.Info.Shape);
            links.Add(new Link(left.Count, whole, right.Count, whole));
            left.Add(new MappedTensor(view.Info.Name, view.Info.Shape));
            right.Add(new MappedTensor(view.Info.Name, view.Info.Shape));
        }
        return new TensorMap(Side(map.Left, left, leftIndex), Side(map.Right, right, rightIndex), links);

        static int[] Keep(IReadOnlyList<MappedTensor> tensors, HashSet<string> without, List<MappedTensor> rest)
        {
            var index = new int[tensors.Count];
            for (var i = 0; i < index.Length; i++)
            {
                index[i] = without.Contains(tensors[i].Name) ? -1 : rest.Count;
                if (index[i] >= 0) { rest.Add(tensors[i]); }
            }
            return index;
        }
    }

    static MapSide Side(MapSide side, List<MappedTensor> tensors, int[] index) => side with
    {
        Tensors = tensors,
        Paddings = [.. side.Paddings.Where(p => index[p.Tensor] >= 0).Select(p => p with { Tensor = index[p.Tensor] })],
        Aliases = [.. side.Aliases.Where(a => index[a.Of] >= 0).Select(a => a with { Of = index[a.Of] })],
        // What would be compared with codes that are no more is left out, and said to be.
        Drops = [.. side.Drops, .. side.Aliases.Where(a => index[a.Of] < 0).Select(a => new Drop(
            new Regex($"^{Regex.Escape(a.Name)}$", RegexOptions.CultureInvariant), $"{a.Rule}; {side.Tensors[a.Of].Name} is quantised anew"))],
    };
}
