using Ckpt.Kit;
using Ckpt.Models.Bridge;
using Ckpt.Models.Configs;
using Ckpt.Models.Families;
using Ckpt.Sharding.Maps;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.Models;

/// <summary>What holds for the map of any model of any family.</summary>
public class BridgeLawTests
{
    static readonly Gen<Case> s_cases =
        from family in Gen.Elements(FamilyCatalog.All.ToArray())
        from layers in Gen.Choose(1, 3)
        from groups in Gen.Choose(1, 3)
        from share in Gen.Choose(1, 3)
        from sizes in Gen.ArrayOf(Gen.Choose(1, 5), 7)
        from flags in Gen.ArrayOf(Gen.Elements(true, false), 8)
        from padding in Gen.Choose(0, 3)
        from form in Gen.Elements(KeyForm.Automatic, KeyForm.PerLayer)
        from options in Gen.ArrayOf(Gen.Choose(0, 11), 8)
        from prefix in Gen.Elements("model.", "")
        let moe = family.Config.Moe is not null
        select new Case(family, new ModelConfig
        {
            ModelType = family.Name,
            Layers = layers,
            Hidden = sizes[0],
            Heads = groups * share,
            KvGroups = groups,
            HeadDim = sizes[1],
            Ffn = sizes[2],
            VocabSize = sizes[3],
            Experts = moe ? sizes[4] : 0,
            TopK = moe ? 1 : 0,
            MoeFfn = moe ? sizes[5] : 0,
            SharedFfn = moe && flags[6] ? sizes[6] : 0,
            MlpOnlyLayers = flags[0] && family.Rows.Any(row => row.When.HasFlag(When.DenseLayer)) ? new HashSet<int> { 0 } : new HashSet<int>(),
            TieWordEmbeddings = flags[1],
            AttentionBias = flags[2],
            OutputBias = flags[3],
            MlpBias = flags[4],
            QkNorm = flags[5],
            HeadBias = flags[7],
        }, new BridgeOptions
        {
            PaddedVocab = sizes[3] + padding,
            KeyForm = form,
            HfPrefix = prefix,
            Choices = family.Choices.Index().ToDictionary(choice => choice.Item.Name, choice => choice.Item.Options[options[choice.Index] % choice.Item.Options.Count]),
        });

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

    [Fact, Clause("NAM-1.4"), Clause("NAM-6.1")]
    public void AMapIsFoundAgainFromTheNamesItMakes() => Law.Holds(s_cases, c =>
    {
        var map = c.Compile();
        var names = map.Left.Tensors.Select(tensor => tensor.Name).ToHashSet();
        var options = MegatronNames.Options(c.Family, c.Config, map.Right.Tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Shape), "made");
        // Dialects that differ in the order of rows alone have to be named.
        var found = BridgeCompiler.Compile(c.Family, c.Config, options with { HfHas = names.Contains, Choices = c.Options.Choices.Where(choice => choice.Key == "qkv order").ToDictionary() });
        return map.Left.Tensors.SequenceEqual(found.Left.Tensors) && map.Right.Tensors.SequenceEqual(found.Right.Tensors) && map.Links.Select(Text).SequenceEqual(found.Links.Select(Text));
    });

    static string Text(Link link) => $"{link} {string.Join(' ', link.Axes ?? [])}";

    internal sealed record Case(ModelFamily Family, ModelConfig Config, BridgeOptions Options)
    {
        internal TensorMap Compile() => BridgeCompiler.Compile(Family, Config, Options);
    }
}
