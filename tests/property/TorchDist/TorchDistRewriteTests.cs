using System.Text;
using Ckpt.Formats;
using Ckpt.Formats.Torch;
using Ckpt.Formats.TorchDist;
using Ckpt.Kit;
using Ckpt.Sharding.Running;
using Xunit;

namespace Ckpt.PropertyTests.TorchDist;

/// <summary>A new index and common state around data files that stay: the same checkpoint for other readers.</summary>
public sealed class TorchDistRewriteTests
{
    [Theory, Clause("TDC-5.1"), Clause("TDC-5.3"), Clause("TDC-5.4")]
    [InlineData("versions/ck_core_v0.10.0_trixie", TorchDistForm.Minimal, false)]
    [InlineData("versions/ck_core_v0.15.0_trixie", TorchDistForm.Minimal, true)]
    [InlineData("versions/ck_core_v0.15.0_trixie", TorchDistForm.Core019, false)]
    [InlineData("versions/ck_core_v0.19.0_forky", TorchDistForm.Minimal, false)]
    [InlineData("versions/ck_core_v0.19.0_forky", TorchDistForm.Core019, false)]
    [InlineData("llama-tp2pp1", TorchDistForm.Core019, false)]
    public void EverythingIsWhatItWas(string name, TorchDistForm form, bool copy)
    {
        using var source = TorchDistReader.Open(Repository.Vector("torch_dist", name));
        using var folder = new TemporaryFolder();
        var output = Write(source, new TorchDistRewriteOptions { Form = form }, folder["out"], copy, out var placed);
        using var written = TorchDistReader.Open(output);

        Assert.Equal(source.Iteration, written.Iteration);
        Assert.Equal(source.Tensors.Select(t => (t.Name, t.DType, t.Shape)), written.Tensors.Select(t => (t.Name, t.DType, t.Shape)));
        foreach (var (a, b) in source.Tensors.Zip(written.Tensors)) { Assert.Equal(TensorAssembler.ReadWhole(source, a), TensorAssembler.ReadWhole(written, b)); }
        const string Common = "common_state/shard_0_1";
        Assert.Equal(source.Objects.Select(o => o.Name).Where(o => o != Common), written.Objects.Select(o => o.Name).Where(o => o != Common));
        Assert.Equal(form == TorchDistForm.Core019, written.Objects.Any(o => o.Name == Common));
        Assert.Equal(PickleWriter.Write(source.Common!, 2), PickleWriter.Write(written.Common!, 2));
        Assert.Equal(source.OriginalShapes, written.OriginalShapes);
        Assert.Equal((copy ? 0 : source.Files.Count, copy ? source.Files.Count : 0), (placed.Linked, placed.Copied));
    }

    [Fact, Clause("TDC-5.1")]
    public void NothingOfMegatronIsLeftInTheIndex()
    {
        using var source = TorchDistReader.Open(Repository.Vector("torch_dist", "versions", "ck_core_v0.15.0_trixie"));
        Assert.Contains("megatron", Encoding.Latin1.GetString(File.ReadAllBytes(Path.Combine(source.Path, ".metadata"))), StringComparison.Ordinal);
        var index = TorchDistRewrite.Plan(source, new TorchDistRewriteOptions()).Files.Single(f => f.Path.EndsWith(".metadata", StringComparison.Ordinal));
        Assert.DoesNotContain("megatron", Encoding.Latin1.GetString(index.Bytes.Span), StringComparison.Ordinal);
        Assert.DoesNotContain("all_local_plans", Encoding.Latin1.GetString(index.Bytes.Span), StringComparison.Ordinal);
    }

    [Fact, Clause("TDC-5.2")]
    public void CheckpointsOfOthersAreRefused()
    {
        using var source = TorchDistReader.Open(Repository.Vector("torch_dist", "dcp-nested-torch2.6.0", "ckpt"));
        Assert.Equal("TDC-5.2", Assert.Throws<UnsupportedCheckpointException>(() => TorchDistRewrite.Plan(source, new TorchDistRewriteOptions())).Clause);
    }

    [Fact, Clause("TDC-5.1")]
    public void AChangedCommonStateTakesThePlaceOfTheOld()
    {
        using var source = TorchDistReader.Open(Repository.Vector("torch_dist", "versions", "mini"));
        using var folder = new TemporaryFolder();
        var output = Write(source, new TorchDistRewriteOptions { Common = new PickleDict().Add("iteration", new PickleInt(99)), Folder = "iter_0000099" }, folder["out"], false, out _);
        using var written = TorchDistReader.Open(output);
        Assert.Equal((99, 99L), ((int)((PickleInt)written.Common!.Find("iteration")!).Value, written.Iteration));
    }

    static string Write(TorchDistReader source, TorchDistRewriteOptions options, string path, bool copy, out LinkedFilesReport placed)
    {
        var plan = TorchDistRewrite.Plan(source, options);
        using var output = PartialOutput.Open(path, "rewrite", new RunOptions());
        placed = LinkedFiles.Place(output, source.Path, plan.Data, plan.Folder, copy);
        OutputFinisher.Write(output, plan.Files);
        output.Publish();
        return path;
    }
}
