using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Models.Adapters;
using Xunit;

namespace Ckpt.PropertyTests.Adapters;

/// <summary>Merges of adapters by PEFT, held to the bits that PEFT's own merge gives.</summary>
public sealed class PeftVectorTests
{
    public static IEnumerable<object[]> Cases => AdapterCases.Peft();

    [Theory, MemberData(nameof(Cases))]
    [Clause("ADP-1.4"), Clause("ADP-1.5"), Clause("ADP-1.6"), Clause("ADP-1.7"), Clause("ADP-1.8"), Clause("ADP-2.1"), Clause("ADP-2.2"), Clause("ADP-5.1"), Clause("ADP-5.2"), Clause("ADP-5.3"), Clause("ADP-5.4")]
    public void AMergedModelIsTheOneThatPeftMerges(string name)
    {
        var model = name.Split('/')[0];
        var expected = AdapterCases.Expected(AdapterCases.PeftRoot, name);
        using var adapter = PeftAdapter.Open(Path.Combine(AdapterCases.PeftRoot, name));
        using var rounded = AdapterMerge.Plan(AdapterCases.Base(model), [adapter], AdapterCases.Config(model));
        var changed = expected["changed_tensors"]!.AsArray().Select(static node => (string)node!).ToArray();
        Assert.Equal(changed.Order(StringComparer.Ordinal), rounded.Changed.Order(StringComparer.Ordinal));
        var faults = changed.Where(tensor => AdapterCases.Hash(rounded.Checkpoint, tensor) != (string?)expected["merged_float32_to_bf16_sha256"]![tensor]);
        Faults.None(faults);
    }

    /// <summary>Norms are summed in another order than torch sums them: magnitudes are compared after rounding only.</summary>
    public static IEnumerable<object[]> WithoutMagnitudes => Cases.Where(static row => !((string)row[0]).EndsWith("/dora", StringComparison.Ordinal));

    [Theory, MemberData(nameof(WithoutMagnitudes))]
    [Clause("ADP-5.1")]
    public void WithoutRoundingItIsThatToo(string name)
    {
        var model = name.Split('/')[0];
        var expected = AdapterCases.Expected(AdapterCases.PeftRoot, name);
        using var adapter = PeftAdapter.Open(Path.Combine(AdapterCases.PeftRoot, name));
        using var merged = AdapterMerge.Plan(AdapterCases.Base(model), [adapter], AdapterCases.Config(model), new AdapterMergeOptions { DType = DType.F32 });
        Faults.None(merged.Changed.Where(tensor => AdapterCases.Hash(merged.Checkpoint, tensor) != (string?)expected["merged_float32_sha256"]![tensor]));
    }
}
