using Ckpt.Models.Families;
using Xunit;

namespace Ckpt.UnitTests.Models.Families;

/// <summary>What a table must be for the engine to read it.</summary>
public class FamilyTablesTests
{
    public static TheoryData<string> Families() => [.. FamilyCatalog.All.Select(family => family.Name)];

    [Theory, MemberData(nameof(Families))]
    public void EveryPartIsInOneTensorOfEachSide(string name) => Assert.All(FamilyCatalog.Find(name).Rows, row =>
    {
        var all = Enumerable.Range(0, row.Parts.Count);
        Assert.Equal(all, row.Hf.SelectMany(tensor => tensor.Parts).Order());
        Assert.Equal(all, row.Megatron.SelectMany(tensor => tensor.Parts).Order());
    });

    [Theory, MemberData(nameof(Families))]
    public void EveryHuggingFacePatternHasAPlaceInTheOrder(string name)
    {
        var family = FamilyCatalog.Find(name);
        Assert.All(family.Rows.SelectMany(row => row.Hf), tensor => Assert.Contains(family.HfOrder, stem => tensor.Pattern.StartsWith(stem, StringComparison.Ordinal)));
    }

    [Theory, MemberData(nameof(Families))]
    public void EveryOptionIsOneOfAChoice(string name)
    {
        var family = FamilyCatalog.Find(name);
        Assert.All(family.Rows.Where(row => row.Option is not null), row => Assert.Contains(row.Option!.Option, family.Choices.Single(choice => choice.Name == row.Option.Choice).Options));
    }

    [Theory, MemberData(nameof(Families))]
    public void LayersAndExpertsAreInTheNamesTheyAreRepeatedIn(string name) => Assert.All(FamilyCatalog.Find(name).Rows, row =>
    {
        Assert.All(row.Hf.Concat(row.Megatron), tensor => Assert.Equal(row.Each != Each.Model, Counts(row.Group).Any(place => tensor.Pattern.Contains(place, StringComparison.Ordinal))));
        Assert.All(row.Hf.Concat(row.Megatron), tensor => Assert.True(row.Each == Each.Expert || !tensor.Pattern.Contains("{E}", StringComparison.Ordinal)));
    });

    static string[] Counts(LayerGroup group) => group == LayerGroup.Decoder ? ["{L}"] : ["{M}", "{N}"];
}
