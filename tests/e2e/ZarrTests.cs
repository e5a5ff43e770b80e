using Ckpt.Formats.Tensors;
using Ckpt.Formats.TorchDist;
using Ckpt.Formats.Zarr;
using Ckpt.Kit;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Plans;
using Ckpt.Sharding.Running;
using Xunit;

namespace Ckpt.EndToEndTests;

/// <summary>zarr through the program.</summary>
public sealed class ZarrTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AMegatronZarrCheckpointExportsToTheModelItWasMadeOf()
    {
        using (var source = TorchDistReader.Open(Repository.Vector("torch_dist", "qwen3_moe-tp2ep2")))
        {
            var targets = source.Tensors.Select(t => new TensorTarget(t.Name, t.DType, t.Shape, [.. t.Boxes.Select(b => b.Box)])).ToList();
            Write(source, targets, new MegatronZarrWriter(new() { Common = source.Common!, CommonStorages = source.CommonStorages }), "zarr");
        }
        Done("export", "--mcore_model", _folder["zarr"], "--to_hf", "--model", Repository.Vector("hf", "qwen3_moe"), "--output_dir", _folder["hf"]);
        Done("diff", Repository.Vector("hf", "qwen3_moe"), _folder["hf"]);
        Done("diff", _folder["zarr"], Repository.Vector("torch_dist", "qwen3_moe-tp2ep2"));
    }

    [Fact]
    public void ArraysOfAnyKindAreListedInspectedAndCompared()
    {
        using (var source = ZarrReader.Open(Repository.Vector("zarr", "arrays", "v3-group")))
        {
            var targets = source.Tensors.Select(t => new TensorTarget(t.Name, t.DType, t.Shape, ZarrGrid.Boxes(t.Shape, ZarrGrid.ChunkShape(t.Shape, t.DType, 512)))).ToList();
            Write(source, targets, new ZarrWriter(new() { Version = ZarrVersion.V2, Codecs = [ZarrCodec.Blosc()] }), "blosc");
        }
        Done("diff", _folder["blosc"], Repository.Vector("zarr", "arrays", "v3-group", "zarr.json"));
        Assert.Contains("blosc lz4", Done("inspect", _folder["blosc"]).Out, StringComparison.Ordinal);
        Assert.Contains("a/w/0.0", Done("ls", "--boxes", _folder["blosc"]).Out, StringComparison.Ordinal);
    }

    void Write(ICheckpointReader source, IReadOnlyList<TensorTarget> targets, ICheckpointWriter writer, string name)
    {
        var map = TensorMap.Identity([.. source.Tensors.Select(t => new MappedTensor(t.Name, t.Shape))]);
        var plan = CopyPlanner.Plan(source.Tensors, map, writer.LayOut(targets));
        using var output = PartialOutput.Open(_folder[name], PlanHash.Of(plan, ""), new RunOptions());
        CopyRunner.Run(plan, source, output, new RunOptions(), new NoProgress(), CancellationToken.None);
        OutputFinisher.Write(output, plan.Layout.Closing);
        output.Publish();
    }

    static Outcome Done(params string[] arguments)
    {
        var outcome = Program.Run(arguments);
        Assert.True(outcome.ExitCode == 0, outcome.All);
        return outcome;
    }
}
