using Ckpt.Kit;
using Ckpt.Models.Families;
using Ckpt.Models.Megatron;
using Ckpt.Sharding.Layouts;
using Xunit;

namespace Ckpt.UnitTests.Models.Megatron;

/// <summary>The table of cuts beside the tables of families.</summary>
public class MegatronCutsTests
{
    public static TheoryData<string> Families() => [.. FamilyCatalog.All.Select(family => family.Name)];

    [Theory, MemberData(nameof(Families)), Clause("LAY-5.2")]
    public void EveryMegatronNameOfAFamilyIsKnown(string name)
    {
        var cuts = new MegatronCuts(new MegatronCutOptions { Experts = 8 });
        var names = FamilyCatalog.Find(name).Rows.SelectMany(row => row.Megatron).SelectMany(tensor => new[]
        {
            tensor.Pattern.Replace("{L}", "3", StringComparison.Ordinal),
            tensor.Pattern.Replace("{L}.", "", StringComparison.Ordinal),
        }).Select(pattern => pattern.Replace("{M}", "0", StringComparison.Ordinal).Replace("{E}", "5", StringComparison.Ordinal)).Distinct().ToList();
        Assert.NotEmpty(names);
        Assert.DoesNotContain(names, key => cuts.TryFind(key) is null);
        // What is one for each layer is not taken for something beside them.
        Assert.All(names.Where(key => key.StartsWith("decoder.layers.", StringComparison.Ordinal)), key => Assert.True(cuts.Find(key).Place.Kind is PlaceKind.Layer or PlaceKind.LayerStack));
    }
}
