using Ckpt.Formats;
using Ckpt.Kit;
using Ckpt.Models.Megatron.Ranks;
using Ckpt.Models.Opening;
using Ckpt.Sharding.Layouts;
using Ckpt.Verify.Passes;
using Xunit;

namespace Ckpt.PropertyTests.Verify;

/// <summary>Megatron checkpoints computed as their ranks compute them.</summary>
public sealed class RankedPassTests
{
    // Of the logits' deviation; sums by rank are in another order.
    const double Mean = 1e-6;
    const double Most = 5e-6;

    [Theory, Clause("VER-3.1")]
    [InlineData("torch_dist", "llama-tp2pp1")]
    [InlineData("torch_dist", "llama-pp2vpp2")]
    [InlineData("torch_dist", "qwen2-tp2pp2")]
    [InlineData("torch_dist", "qwen3-tp4pp1")] // two groups of keys and values on four ranks
    [InlineData("torch_dist", "qwen3_moe-ep2")]
    [InlineData("torch_dist", "qwen3_moe-tp2ep2")]
    [InlineData("torch_dist", "qwen3_moe-tp2etp2")]
    [InlineData("legacy_torch", "qwen3-tp2pp2")]
    public void RanksComputeWhatTheWholeDoes(string format, string name)
    {
        using var hf = PassModels.Hf(name);
        using var megatron = PassModels.Megatron(format, name);
        AssertNear(PassModels.Compare(PassSide.Of(hf), PassSide.OfRanks(megatron, RecordedLayout.Of(megatron.Megatron!))));
    }

    [Fact, Clause("VER-3.1")]
    public void EveryLayoutComputesTheSame()
    {
        using var hf = PassModels.Hf("qwen3_moe");
        using var megatron = PassModels.Megatron("torch_dist", "qwen3_moe-ep2");
        var whole = PassSide.Of(hf);
        var layouts = from tensor in (int[])[1, 2, 4]
                      from pipeline in (int[])[1, 2]
                      from expert in (int[])[1, 2, 4]
                      from expertTensor in (int[])[1, 2]
                      from over in (bool[])[false, true]
                      where !over || expertTensor == tensor
                      select (new ParallelSizes { Tensor = tensor, Pipeline = pipeline, Expert = expert, ExpertTensor = expertTensor, ExpertsOverTensor = over });
        var seen = 0;
        foreach (var sizes in layouts)
        {
            ParallelLayout layout;
            try { layout = RecordedLayout.Of(megatron.Megatron!, sizes, StageOptions.Even); }
            catch (LayoutException) { continue; }
            if (8 % (sizes.Expert * (sizes.ExpertsOverTensor ? sizes.Tensor : 1)) != 0) { continue; }
            AssertNear(PassModels.Compare(whole, PassSide.OfRanks(megatron, layout)));
            seen++;
        }
        Assert.True(seen >= 30, $"{seen} layouts");
    }

    [Fact, Clause("VER-3.1")]
    public void SwappedRankFilesAreSeen()
    {
        using var folder = new TemporaryFolder();
        var (from, to) = (Repository.Vector("legacy_torch", "qwen3-tp2pp2", "iter_0000001"), folder["iter_0000001"]);
        foreach (var (rank, place) in new[] { ("00", "01"), ("01", "00") })
        {
            foreach (var stage in (string[])["000", "001"])
            {
                Directory.CreateDirectory(Path.Combine(to, $"mp_rank_{place}_{stage}"));
                File.Copy(Path.Combine(from, $"mp_rank_{rank}_{stage}", "model_optim_rng.pt"), Path.Combine(to, $"mp_rank_{place}_{stage}", "model_optim_rng.pt"));
            }
        }
        using var hf = PassModels.Hf("qwen3");
        using var swapped = ModelCheckpoint.Open(to, new ModelOpenOptions { Model = Repository.Vector("hf", "qwen3") });
        var report = PassModels.Compare(PassSide.Of(hf), PassSide.OfRanks(swapped, RecordedLayout.Of(swapped.Megatron!)));
        Assert.True(report.All.MeanDiff > 0.5 * report.Deviation, $"{report.All.MeanDiff}");
        Assert.Equal("model.embed_tokens.weight", report.Parting!.Value.Point.Weight);
    }

    /// <summary>The ranks of a layout hold what Megatron's rules give them: one that is cut otherwise is not what they compute.</summary>
    [Fact, Clause("VER-3.1")]
    public void AShardOfTheWrongRowsIsSeen()
    {
        using var hf = PassModels.Hf("qwen2");
        using var megatron = PassModels.Megatron("torch_dist", "qwen2-tp2pp2");
        using var wrong = megatron.With(new RolledRows(megatron.Reader, "decoder.layers.self_attention.linear_qkv.weight", 1), megatron.Side);
        var report = PassModels.Compare(PassSide.Of(hf), PassSide.OfRanks(wrong, RecordedLayout.Of(megatron.Megatron!)));
        Assert.True(report.All.MeanDiff > 0.05 * report.Deviation, $"{report.All.MeanDiff}");
        Assert.StartsWith("model.layers.0.self_attn.", report.Parting!.Value.Point.Weight, StringComparison.Ordinal);
    }

    [Fact, Clause("VER-3.3")]
    public void OtherCheckpointsLieOnNoRanks()
    {
        using var hf = PassModels.Hf("qwen3");
        var error = Assert.Throws<UnsupportedCheckpointException>(() => PassSide.OfRanks(hf, ParallelLayout.Of(4, new ParallelSizes { Tensor = 2 })));
        Assert.Equal("VER-3.3", error.Clause);
    }

    static void AssertNear(PassReport report)
    {
        Assert.True(report.All.MeanDiff <= Mean * report.Deviation && report.All.MaxDiff <= Most * report.Deviation, $"{report.All.MeanDiff / report.Deviation:e2} and {report.All.MaxDiff / report.Deviation:e2} of the logits' deviation");
        Assert.Equal(0, report.All.TokenDiff);
    }
}
