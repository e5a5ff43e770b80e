using Ckpt.Formats.Peft;
using Ckpt.Kit;
using Ckpt.Models.Adapters;
using Ckpt.PropertyTests.Sharding;
using Ckpt.Sharding.Layouts;
using Xunit;

namespace Ckpt.PropertyTests.Adapters;

/// <summary>Adapters that Megatron-core saved, held to what mcore-bridge exports of them; and back.</summary>
public sealed class McoreVectorTests
{
    public static IEnumerable<object[]> Cases => AdapterCases.Mcore();

    [Theory, MemberData(nameof(Cases))]
    [Clause("ADP-3.2"), Clause("ADP-3.3"), Clause("ADP-4.1")]
    public void AnExportIsTheBridges(string name)
    {
        using var folder = new TemporaryFolder();
        var expected = AdapterCases.Expected(AdapterCases.McoreRoot, name);
        var config = AdapterCases.Config((string)expected["model"]!);
        using var exported = Export(folder, "peft", McoreAdapter.Open(Path.Combine(AdapterCases.McoreRoot, name)), config);
        var wanted = expected["peft"]!.AsObject();
        Assert.Equal(wanted.Select(static entry => entry.Key).Order(StringComparer.Ordinal), exported.Reader.Tensors.Select(static tensor => tensor.Name).Order(StringComparer.Ordinal));
        Faults.None(wanted.Where(entry => AdapterCases.Hash(exported.Reader, entry.Key) != (string?)entry.Value!["sha256"]).Select(static entry => entry.Key));
    }

    [Theory, MemberData(nameof(Cases))]
    [Clause("ADP-4.2")]
    public void ItsConfigSaysWhatTheBridgesSays(string name)
    {
        using var folder = new TemporaryFolder();
        var expected = AdapterCases.Expected(AdapterCases.McoreRoot, name);
        using var exported = Export(folder, "peft", McoreAdapter.Open(Path.Combine(AdapterCases.McoreRoot, name)), AdapterCases.Config((string)expected["model"]!));
        var path = Path.Combine(AdapterCases.McoreRoot, name, "peft", PeftFolder.ConfigName);
        var wanted = PeftConfig.Parse(File.ReadAllBytes(path), path);
        var found = exported.Config;
        Assert.Equal(
            (wanted.Rank, wanted.Alpha, wanted.UseRslora, wanted.Bias, wanted.Dropout, wanted.TaskType, wanted.FanInFanOut),
            (found.Rank, found.Alpha, found.UseRslora, found.Bias, found.Dropout, found.TaskType, found.FanInFanOut));
        Assert.Equal(wanted.TargetModules, found.TargetModules);
        Assert.Equal(wanted.ModulesToSave, found.ModulesToSave);
    }

    [Theory, MemberData(nameof(Cases))]
    [Clause("ADP-3.3"), Clause("ADP-4.6")]
    public void ThereAndBackIsTheSameUnderAnyTensorParallelSize(string name)
    {
        using var folder = new TemporaryFolder();
        var expected = AdapterCases.Expected(AdapterCases.McoreRoot, name);
        var config = AdapterCases.Config((string)expected["model"]!);
        using var first = Export(folder, "first", McoreAdapter.Open(Path.Combine(AdapterCases.McoreRoot, name)), config);
        foreach (var tensorParallel in new[] { 1, 2, 4 })
        {
            var import = McoreExport.Plan(PeftAdapter.Open(folder["first"]), config, new McoreExportOptions { Sizes = new ParallelSizes { Tensor = tensorParallel } });
            var mcore = Write(folder, $"mcore{tensorParallel}", import);
            using var again = Export(folder, $"again{tensorParallel}", McoreAdapter.Open(mcore), config);
            Faults.None(first.Reader.Tensors.Select(static tensor => tensor.Name).Where(tensor => AdapterCases.Hash(first.Reader, tensor) != AdapterCases.Hash(again.Reader, tensor)));
        }
    }

    [Theory, MemberData(nameof(Cases))]
    [Clause("ADP-3.3")]
    public void WrittenForTheSizeItWasSavedUnderItIsTheSameCheckpoint(string name)
    {
        using var folder = new TemporaryFolder();
        var expected = AdapterCases.Expected(AdapterCases.McoreRoot, name);
        var config = AdapterCases.Config((string)expected["model"]!);
        var path = Path.Combine(AdapterCases.McoreRoot, name);
        Export(folder, "peft", McoreAdapter.Open(path), config).Dispose();
        var import = McoreExport.Plan(PeftAdapter.Open(folder["peft"]), config, new McoreExportOptions { Sizes = new ParallelSizes { Tensor = (int)expected["layout"]!["tp"]! } });
        using var written = Formats.CheckpointOpener.Open(Write(folder, "mcore", import));
        using var original = Formats.CheckpointOpener.Open(path);
        Assert.Equal(original.Tensors.Select(static tensor => tensor.Name).Order(StringComparer.Ordinal), written.Tensors.Select(static tensor => tensor.Name).Order(StringComparer.Ordinal));
        Faults.None(original.Tensors.Select(static tensor => tensor.Name).Where(tensor => AdapterCases.Hash(original, tensor) != AdapterCases.Hash(written, tensor)));
    }

    [Theory, MemberData(nameof(Cases))]
    [Clause("ADP-5.1"), Clause("ADP-5.5")]
    public void AMergeIsTheSameFromEitherFormatAndIntoEitherNaming(string name)
    {
        using var folder = new TemporaryFolder();
        var model = (string)AdapterCases.Expected(AdapterCases.McoreRoot, name)["model"]!;
        var config = AdapterCases.Config(model);
        using var mcore = McoreAdapter.Open(Path.Combine(AdapterCases.McoreRoot, name));
        using var merged = AdapterMerge.Plan(AdapterCases.Base(model), [mcore], config);
        Export(folder, "peft", McoreAdapter.Open(Path.Combine(AdapterCases.McoreRoot, name)), config).Dispose();
        using var peft = PeftAdapter.Open(folder["peft"]);
        using var other = AdapterMerge.Plan(AdapterCases.Base(model), [peft], config);
        Faults.None(merged.Changed.Where(tensor => AdapterCases.Hash(merged.Checkpoint, tensor) != AdapterCases.Hash(other.Checkpoint, tensor)));
        Assert.NotEmpty(merged.Changed);
    }

    internal static PeftAdapter Export(TemporaryFolder folder, string name, McoreAdapter adapter, Ckpt.Models.Configs.HfConfig config) =>
        PeftAdapter.Open(Write(folder, name, PeftExport.Plan(adapter, config)));

    /// <summary>Carries a conversion out, with its small files.</summary>
    internal static string Write(TemporaryFolder folder, string name, AdapterConversion conversion)
    {
        using var source = conversion.Source;
        var plan = conversion.Plan();
        var path = Copying.Run(folder, name, plan, source, blockBytes: 4096);
        foreach (var small in plan.Layout.Closing.Concat(conversion.Closing))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(path, small.Path))!);
            File.WriteAllBytes(Path.Combine(path, small.Path), small.Bytes.ToArray());
        }
        return path;
    }
}
