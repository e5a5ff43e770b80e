using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Models.Bridge;
using Ckpt.Sharding.Maps;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.Models;

/// <summary>What holds for the map of any model of any family.</summary>
public class BridgeLawTests
{
    static readonly Gen<ModelCase> s_cases = ModelCases.All;

    [Fact, Clause("NAM-1.8")]
    public void LinksAndPaddingsCoverEveryElementOfBothSidesOnce() => Law.Holds(s_cases, c =>
    {
        var map = c.Compile();
        return Elements.Coverage(map).Values.Concat(Elements.Coverage(map.Reverse()).Values).All(counts => counts.All(count => count == 1));
    }, 400);

    [Fact, Clause("NAM-1.9")]
    public void AMapAndItsReverseGiveTheElementsBack() => Law.Holds(s_cases, c =>
    {
        var map = c.Compile();
        var left = Elements.Numbered(map.Left);
        var back = Elements.Apply(map.Reverse(), Elements.Apply(map, left));
        return left.All(tensor => tensor.Value.AsSpan().SequenceEqual(back[tensor.Key]));
    });

    [Fact, Clause("NAM-3.2")]
    public void NoWeightIsLeftOutByARule() => Law.Holds(s_cases, c =>
    {
        var map = c.Compile();
        return new[] { map.Left, map.Right }.All(side => side.Tensors.All(tensor => !side.Drops.Any(drop => drop.Names.IsMatch(tensor.Name))));
    });

    [Fact, Clause("NAM-1.4"), Clause("NAM-6.1"), Clause("NAM-11.1"), Clause("NAM-13.1")]
    public void AMapIsFoundAgainFromTheNamesItMakes() => Law.Holds(s_cases, c =>
    {
        var map = c.Compile();
        // Towers are there too, as in any checkpoint of a model that has them.
        var naming = c.Family.Namings.FirstOrDefault(naming => naming.Name == c.Options.Choices["hf names"]);
        var towers = naming?.Carried.Select(part => (Hf: new MappedTensor(part.Hf + "x", new Shape(2)), Megatron: new MappedTensor(part.Megatron + "x", new Shape(2)))).ToArray() ?? [];
        var present = map.Right.Tensors.Concat(towers.Select(tower => tower.Megatron)).ToDictionary(tensor => tensor.Name, tensor => tensor.StoredShape);
        var files = map.Left.Tensors.Concat(towers.Select(tower => tower.Hf)).Select(tensor => new TensorInfo(tensor.Name, DType.F32, tensor.StoredShape, [])).ToArray();
        var options = MegatronNames.Options(c.Family, c.Config, present, "made");
        // Dialects that differ in the order of rows alone have to be named.
        var found = BridgeCompiler.Compile(c.Family, c.Config, options with { HfTensors = files, Choices = c.Options.Choices.Where(choice => choice.Key is "qkv order" or "dialect").ToDictionary() });
        return map.Left.Tensors.Concat(towers.Select(tower => tower.Hf)).SequenceEqual(found.Left.Tensors)
            && map.Right.Tensors.Concat(towers.Select(tower => tower.Megatron)).SequenceEqual(found.Right.Tensors)
            && map.Links.Select(Text).SequenceEqual(found.Links.Take(map.Links.Count).Select(Text));
    });

    static string Text(Link link) => $"{link} {string.Join(' ', link.Axes ?? [])}";
}
